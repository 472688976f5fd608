// Branded numbers and the identities of torrents and peers. A number from the wire becomes a PieceIndex in
// `Geometry.validatePieceIndex` and nowhere else, so holding one is proof that it is in range.

declare const pieceIndexBrand: unique symbol;
declare const peerKeyBrand: unique symbol;

/** A piece of this torrent: an integer in 0 … pieceCount − 1. */
export type PieceIndex = number & { readonly [pieceIndexBrand]: true };

/** One connection (not the 20-byte peer id): never used twice in a run. */
export type PeerKey = number & { readonly [peerKeyBrand]: true };

/** v1: SHA-1 of the raw info dictionary, 20 bytes (BEP 3). v2: SHA-256 of it, 32 bytes (BEP 52). */
export interface InfoHash {
  readonly v1?: Uint8Array;
  readonly v2?: Uint8Array;
}

/** 20 bytes that name a peer for one run (BEP 3, BEP 20). */
export type PeerId = Uint8Array;

export const PEER_ID_BYTES = 20;
export const INFO_HASH_BYTES = 20;

export function toPeerKey(serial: number): PeerKey {
  return serial as PeerKey;
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
