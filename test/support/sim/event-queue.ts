// What will happen in virtual time, in order: by time, and in the order of scheduling where times are equal. A binary heap.

interface Entry {
  readonly at: number;
  readonly serial: number;
  readonly run: () => void;
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.serial < b.serial);
}

export class EventQueue {
  readonly #heap: Entry[] = [];
  #serial = 0;

  get length(): number {
    return this.#heap.length;
  }

  /** Infinity where nothing is to come. */
  get nextAt(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].at;
  }

  push(at: number, run: () => void): void {
    const heap = this.#heap;
    const entry = { at, serial: this.#serial++, run };
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = entry;
  }

  /** The earliest entry, taken out; undefined where there is none. */
  pop(): { readonly at: number; readonly run: () => void } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return first;
  }
}
