// A decoded dictionary: keys are raw bytes written as latin1 text (one character a byte), so `get('length')` and a binary
// key both work and `__proto__` is a key like any other. Knows the bytes of every entry: an info hash is of raw bytes.

/** Integers are `bigint` only beyond 2^53 − 1: code that expects a number then finds none, instead of a rounded one. */
export type BencodeValue = number | bigint | Uint8Array | BencodeValue[] | BencodeDict;

/** Bytes start … end (not included) of the input. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** Entries are chained: half the memory of arrays for the small dictionaries that a torrent of many files consists of. */
interface Entry {
  readonly key: string;
  readonly value: BencodeValue;
  readonly start: number;
  readonly end: number;
  next: Entry | null;
}

/** With fewer entries a walk over them is quicker, and smaller, than an index. */
const INDEX_FROM = 12;

export class BencodeDict {
  #first: Entry | null = null;
  #last: Entry | null = null;
  #size = 0;
  #index: Map<string, Entry> | null = null;
  #isCanonical = true;

  get size(): number {
    return this.#size;
  }

  /** Whether the keys of this and of every dictionary in it were in order, as BEP 3 wants it. */
  get isCanonical(): boolean {
    return this.#isCanonical;
  }

  has(key: string): boolean {
    return this.#find(key) !== null;
  }

  get(key: string): BencodeValue | undefined {
    return this.#find(key)?.value;
  }

  /** Where the value of that key lay in the input, its own `d`, `i`, length … included. */
  span(key: string): ByteSpan | null {
    const entry = this.#find(key);
    return entry === null ? null : { start: entry.start, end: entry.end };
  }

  /** In the order of the input. */
  *keys(): Generator<string> {
    for (let entry = this.#first; entry !== null; entry = entry.next) yield entry.key;
  }

  /** In the order of the input. */
  *entries(): Generator<[string, BencodeValue]> {
    for (let entry = this.#first; entry !== null; entry = entry.next) yield [entry.key, entry.value];
  }

  /** For the decoder. False, and nothing added, where the key is there already. */
  add(key: string, value: BencodeValue, start: number, end: number): boolean {
    const entry: Entry = { key, value, start, end, next: null };
    if (this.#last === null) {
      this.#first = entry;
    } else {
      // In order so far, a key beyond the last one can't have come before.
      if (key <= this.#last.key || !this.#isCanonical) {
        if (this.has(key)) return false;
        this.#isCanonical = false;
      }
      this.#last.next = entry;
    }
    this.#last = entry;
    this.#size++;
    this.#index?.set(key, entry);
    return true;
  }

  /** For the decoder: something within was out of order. */
  markUncanonical(): void {
    this.#isCanonical = false;
  }

  #find(key: string): Entry | null {
    if (this.#size >= INDEX_FROM) return (this.#index ??= this.#createIndex()).get(key) ?? null;
    for (let entry = this.#first; entry !== null; entry = entry.next) if (entry.key === key) return entry;
    return null;
  }

  #createIndex(): Map<string, Entry> {
    const index = new Map<string, Entry>();
    for (let entry = this.#first; entry !== null; entry = entry.next) index.set(entry.key, entry);
    return index;
  }
}
