// How many downloads a tracker has seen the end of: clients that said `completed`, each once, and those that lacked something and then
// lack nothing, as some forget to say it (BEP 3). Bounded: whoever has been silent longest is forgotten.

import { toHex } from '../model/ids.js';
import type { ParsedAnnounce } from './announce-query.js';

const MAX_CLIENTS = 2000;

export class DownloadCount {
  /** By peer id, the latest last: whether it is counted. */
  readonly #clients = new Map<string, boolean>();
  #completed = 0;

  get completed(): number {
    return this.#completed;
  }

  note({ peerId, left, event }: Pick<ParsedAnnounce, 'peerId' | 'left' | 'event'>): void {
    const id = toHex(peerId);
    const known = this.#clients.get(id);
    const isDone = event === 'completed' || (known === false && left === 0);
    if (isDone && known !== true) this.#completed++;
    // A seed that was one from the start has downloaded nothing.
    if (known === undefined && !isDone && left === 0) return;
    this.#clients.delete(id);
    this.#clients.set(id, known === true || isDone);
    if (this.#clients.size <= MAX_CLIENTS) return;
    for (const oldest of this.#clients.keys()) {
      this.#clients.delete(oldest);
      return;
    }
  }
}
