// Facts on their way to whoever listens: every listener has a bounded queue of its own. A full one drops its oldest progress
// first and never the end, so that a slow reader loses detail, not the outcome.

import { NoticeReader, type NoticeRank, type QueuedNotice } from './notice-reader.js';

export class NoticeQueue<N extends QueuedNotice> {
  readonly #limit: number;
  readonly #rankOf: (notice: N) => NoticeRank;
  readonly #readers = new Set<NoticeReader<N>>();
  #isEnded = false;

  /** `limit` per reader. */
  constructor(limit: number, rankOf: (notice: N) => NoticeRank) {
    this.#limit = limit;
    this.#rankOf = rankOf;
  }

  publish(notice: N): void {
    for (const reader of this.#readers) reader.push(notice);
  }

  /** Readers get what they have queued, and then the end. */
  end(): void {
    this.#isEnded = true;
    for (const reader of this.#readers) reader.end();
  }

  /** What is published from now on; without `progress` where that is not wanted. */
  subscribe(takesProgress = true): AsyncIterableIterator<N> {
    const onDone = (): boolean => this.#readers.delete(reader);
    const reader: NoticeReader<N> = new NoticeReader(this.#limit, this.#rankOf, takesProgress, onDone);
    if (this.#isEnded) reader.end();
    else this.#readers.add(reader);
    return reader;
  }
}
