// Facts on their way to whoever listens: every listener has a bounded queue of its own. A full one drops its oldest progress
// first and never an error or the end, so that a slow reader loses detail, not the outcome.

export interface QueuedNotice {
  readonly type: string;
}

export class NoticeQueue<N extends QueuedNotice> {
  readonly #limit: number;
  readonly #isProgress: (notice: N) => boolean;
  readonly #readers = new Set<{ push(notice: N): void; end(): void }>();
  #isEnded = false;

  /** `limit` per reader; `isProgress` says what a full queue may lose. */
  constructor(limit: number, isProgress: (notice: N) => boolean) {
    this.#limit = limit;
    this.#isProgress = isProgress;
  }

  publish(notice: N): void {
    for (const reader of this.#readers) reader.push(notice);
  }

  /** Readers get what they have queued, and then the end. */
  end(): void {
    this.#isEnded = true;
    for (const reader of this.#readers) reader.end();
  }

  /** What is published from now on. */
  subscribe(): AsyncIterableIterator<N> {
    const queue: N[] = [];
    let isEnded = this.#isEnded;
    let wake: (() => void) | null = null;
    const reader = {
      push: (notice: N): void => {
        if (queue.length >= this.#limit) {
          const droppable = queue.findIndex((queued) => this.#isProgress(queued));
          if (droppable >= 0) queue.splice(droppable, 1);
          else if (this.#isProgress(notice)) return;
          else queue.shift();
        }
        queue.push(notice);
        wake?.();
      },
      end: (): void => {
        isEnded = true;
        wake?.();
      },
    };
    this.#readers.add(reader);
    const finish = async (): Promise<IteratorResult<N>> => {
      this.#readers.delete(reader);
      reader.end();
      return { done: true, value: undefined };
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: async (): Promise<IteratorResult<N>> => {
        while (queue.length === 0 && !isEnded) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const value = queue.shift();
        return value === undefined ? finish() : { done: false, value };
      },
      return: finish,
    };
  }
}
