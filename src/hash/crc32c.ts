// CRC-32C (Castagnoli; RFC 3720, appendix B.4), a byte at a time from a table: it is for the few bytes of a peer's priority (BEP 40),
// and proves nothing.

/** The polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

let table: Uint32Array | null = null;

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ ((remainder & 1) * POLYNOMIAL);
    return remainder;
  });
}

/** 0 … 2^32 − 1. */
export function crc32c(bytes: Uint8Array): number {
  // With the first peer: no start waits for it.
  table ??= makeTable();
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff];
  return (crc ^ 0xffff_ffff) >>> 0;
}
