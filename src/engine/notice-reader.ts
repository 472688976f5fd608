// One listener's queue of facts: bounded, read with `for await`. What is dropped when nobody reads depends on what a fact is
// worth; the end of the story always arrives.

export interface QueuedNotice {
  readonly type: string;
}

/** `progress` goes first when a queue is full, then `event`; an `end` comes a few times at most and is never dropped. */
export type NoticeRank = 'progress' | 'event' | 'end';

export class NoticeReader<N extends QueuedNotice> implements AsyncIterableIterator<N> {
  readonly #limit: number;
  readonly #rankOf: (notice: N) => NoticeRank;
  readonly #takesProgress: boolean;
  readonly #onDone: () => void;
  readonly #queue: N[] = [];
  #wakers: (() => void)[] = [];
  #isEnded = false;

  constructor(limit: number, rankOf: (notice: N) => NoticeRank, takesProgress: boolean, onDone: () => void) {
    this.#limit = limit;
    this.#rankOf = rankOf;
    this.#takesProgress = takesProgress;
    this.#onDone = onDone;
  }

  push(notice: N): void {
    if (this.#isEnded || (!this.#takesProgress && this.#rankOf(notice) === 'progress')) return;
    if (this.#queue.length >= this.#limit && !this.#makeRoom(this.#rankOf(notice))) return;
    this.#queue.push(notice);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async next(): Promise<IteratorResult<N>> {
    for (;;) {
      const value = this.#queue.shift();
      if (value !== undefined) return { done: false, value };
      if (this.#isEnded) return this.return();
      await new Promise<void>((resolve) => {
        this.#wakers.push(resolve);
      });
    }
  }

  async return(): Promise<IteratorResult<N>> {
    this.#queue.length = 0;
    this.end();
    this.#onDone();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** False where nothing in the queue is worth less than what comes. */
  #makeRoom(rank: NoticeRank): boolean {
    let droppable = this.#queue.findIndex((queued) => this.#rankOf(queued) === 'progress');
    if (droppable < 0 && rank === 'progress') return false;
    if (droppable < 0) droppable = this.#queue.findIndex((queued) => this.#rankOf(queued) === 'event');
    if (droppable >= 0) this.#queue.splice(droppable, 1);
    return droppable >= 0 || rank === 'end';
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}
