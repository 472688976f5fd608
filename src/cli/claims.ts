// What the torrents of one run have taken: a torrent that is named twice is taken once, and two that would write the same files in one
// folder are not both begun. The folder's lock can't see that: it asks whether another run has the name, and one after the other is
// allowed there, which would put the second torrent's data in the place of the first one's.

import { EffusionError } from '../model/error.js';
import { CommandError } from './command-error.js';

/** Not a failure: another one of this run brings the same torrent. */
export class SameTorrentError extends EffusionError<{ by: string }> {
  readonly code = 'same_torrent';
}

export class Claims {
  readonly #infoHashes = new Map<string, string>();
  readonly #names = new Map<string, string>();
  /** Settles when all that was begun so far has claimed, or has failed to. */
  #turn: Promise<void> = Promise.resolve();

  /**
   * `claimTorrent` of what is being read, when all have claimed that began before: of two names of one torrent the first counts, whichever is
   * read sooner. Rejects as `reading` does, and with SameTorrentError.
   */
  async claimRead<T>(reading: Promise<T>, infoHashOf: (read: T) => string, label: string): Promise<T> {
    const earlier = this.#turn;
    const claimed = reading.then(async (read) => {
      await earlier;
      this.claimTorrent(infoHashOf(read), label);
      return read;
    });
    // Without what was read: the chain would keep all torrents of the run.
    this.#turn = Promise.allSettled([earlier, claimed]).then(() => undefined);
    return claimed;
  }

  /** The same where the info hash is known already, from a link. */
  async claimKnown(infoHash: string, label: string): Promise<void> {
    await this.claimRead(Promise.resolve(), () => infoHash, label);
  }

  /** `infoHash`: hexadecimal; `label`: who claims, for people. Throws SameTorrentError. */
  claimTorrent(infoHash: string, label: string): void {
    const by = this.#infoHashes.get(infoHash);
    if (by !== undefined) {
      const how = by === label ? 'named twice' : `the same torrent as ${by}`;
      throw new SameTorrentError(`${how}: it is taken once`, { by });
    }
    this.#infoHashes.set(infoHash, label);
  }

  /** `name`: of the torrent's file or folder, all into one folder. Throws CommandError. */
  claimName(name: string, label: string): void {
    // While it is not whole, a file's name ends in .part.
    const taken = [name, `${name}.part`];
    // One torrent may have both names; its storage sees to that.
    const by = taken.map((one) => this.#names.get(one)).find((one) => one !== undefined && one !== label);
    if (by !== undefined) {
      throw new CommandError(
        'name_taken',
        `${label}: another torrent of this run, ${by}, writes a file or folder named ${name} too`,
        'Download one of them into another folder, in a run of its own with --output.',
      );
    }
    for (const one of taken) this.#names.set(one, label);
  }
}
