// What the torrents of a client still have to write, by file system: each of them alone would fit, all together may not. The free space
// that the system tells counts what is written, so a claim shrinks as its torrent comes along.

export class SpaceLedger {
  readonly #claims = new Set<{ readonly device: number; readonly leftBytes: () => number }>();

  /** Bytes that are promised on that file system. */
  claimedOn(device: number): number {
    let bytes = 0;
    for (const claim of this.#claims) if (claim.device === device) bytes += Math.max(0, claim.leftBytes());
    return bytes;
  }

  /** `leftBytes` is asked whenever another torrent starts. Gives what takes the claim back. */
  claim(device: number, leftBytes: () => number): () => void {
    const claim = { device, leftBytes };
    this.#claims.add(claim);
    return () => this.#claims.delete(claim);
  }
}
