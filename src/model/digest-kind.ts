// The digests that publishers name files by, each with its length. Apart from what computes them, which no command line that is merely read
// has to load.

/** Each with the hexadecimal digits of its digest: all differ, so that a list of digests need not name its kind. */
export const DIGEST_DIGITS = { md5: 32, sha1: 40, sha224: 56, sha256: 64, sha384: 96, sha512: 128 } as const;

/** As Node's createHash calls it. */
export type DigestKind = keyof typeof DIGEST_DIGITS;
