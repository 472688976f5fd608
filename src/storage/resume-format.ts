// The resume file's content, validated: it comes from outside like everything that lies on a disk. A module of its own so
// that the validator is loaded only where there is something to validate.

import * as v from 'valibot';

const resumeSchema = v.object({
  version: v.literal(1),
  infoHash: v.pipe(v.string(), v.hexadecimal()),
  /** A digest of where the files are; left out where they are where the torrent says. */
  placement: v.optional(v.pipe(v.string(), v.hexadecimal())),
  bootId: v.nullable(v.string()),
  synced: v.boolean(),
  /** The wire's bitfield, base64. */
  pieces: v.pipe(v.string(), v.base64()),
  /** Size in bytes and time in nanoseconds of each file of the torrent, in its order; null: not there. */
  files: v.array(v.nullable(v.tuple([v.pipe(v.number(), v.safeInteger()), v.string()]))),
});

export type ResumeContent = v.InferOutput<typeof resumeSchema>;

/** Null where the text is anything else. */
export function parseResume(text: string): ResumeContent | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const result = v.safeParse(resumeSchema, value);
  return result.success ? result.output : null;
}
