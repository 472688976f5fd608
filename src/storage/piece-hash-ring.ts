// What the loop and the hashing thread tell each other, in memory that both see: which bytes to hash, and the digests. An answer
// can be looked up at any time: a loop under full load reads up to 32 windows of each of its sockets before it hears of an
// event, some thirty milliseconds late; and a message costs both sides several times what these few words do.

import { SHA1_BYTES } from '../hash/digest.js';

/** Requests under way at most: a power of two, so that counts may overflow. */
export const RING_SLOTS = 64;

/** Counts, of requests and of answers, and whether the loop wants an event. */
const ASKED = 0;
const ANSWERED = 1;
const WANTS_EVENT = 2;
const HEAD_WORDS = 4;
/** Of one request: whether its memory is new, where its bytes begin, how many they are, and the digest. */
const SLOT_WORDS = 8;
const DIGEST_WORD = 3;
const WORD_BYTES = 4;

export interface PieceHashTask {
  /** A block of memory that the thread does not know yet, and which comes by message. */
  readonly isNewMemory: boolean;
  /** Bytes. */
  readonly offset: number;
  readonly length: number;
}

export class PieceHashRing {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  /** Of this side. The loop: requests made, answers taken. The thread: requests taken and answered. */
  #asked = 0;
  #answered = 0;

  constructor(memory = new SharedArrayBuffer((HEAD_WORDS + RING_SLOTS * SLOT_WORDS) * WORD_BYTES)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
    this.#bytes = new Uint8Array(memory);
  }

  /** The loop: requests whose answers it has not taken. */
  get out(): number {
    return (this.#asked - this.#answered) | 0;
  }

  /** The loop: asks for one more, and wakes the thread. At most RING_SLOTS may be out. */
  ask(task: PieceHashTask): void {
    const at = slotWord(this.#asked);
    this.#words[at] = task.isNewMemory ? 1 : 0;
    this.#words[at + 1] = task.offset;
    this.#words[at + 2] = task.length;
    this.#asked = (this.#asked + 1) | 0;
    Atomics.store(this.#words, ASKED, this.#asked);
    Atomics.notify(this.#words, ASKED);
  }

  /** The loop: the digest of the oldest request that is out; null: not there yet. */
  takeAnswer(): Uint8Array | null {
    if (Atomics.load(this.#words, ANSWERED) === this.#answered) return null;
    const digest = this.#bytes.slice(digestByte(this.#answered), digestByte(this.#answered) + SHA1_BYTES);
    this.#answered = (this.#answered + 1) | 0;
    return digest;
  }

  /** The loop: the next answer is to come with an event. Those that are there already come without one. */
  wantEvent(): void {
    Atomics.store(this.#words, WANTS_EVENT, 1);
  }

  /** The thread: the oldest request that is not answered. Blocks until there is one. */
  waitForTask(): PieceHashTask {
    while (Atomics.load(this.#words, ASKED) === this.#asked) Atomics.wait(this.#words, ASKED, this.#asked);
    const at = slotWord(this.#asked);
    this.#asked = (this.#asked + 1) | 0;
    return { isNewMemory: this.#words[at] === 1, offset: this.#words[at + 1], length: this.#words[at + 2] };
  }

  /** The thread: answers it. True: the loop wants an event for that. */
  answer(digest: Uint8Array): boolean {
    this.#bytes.set(digest, digestByte(this.#answered));
    this.#answered = (this.#answered + 1) | 0;
    Atomics.store(this.#words, ANSWERED, this.#answered);
    return Atomics.exchange(this.#words, WANTS_EVENT, 0) === 1;
  }
}

function slotWord(count: number): number {
  return HEAD_WORDS + (count & (RING_SLOTS - 1)) * SLOT_WORDS;
}

function digestByte(count: number): number {
  return (slotWord(count) + DIGEST_WORD) * WORD_BYTES;
}
