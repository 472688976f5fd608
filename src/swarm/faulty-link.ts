// A link that does OutgoingFaults to what is written to it. It stands above encryption, where messages are plain, and below the peer
// connection of an honest session, which knows nothing of it.

import type { Address } from '../model/address.js';
import { HANDSHAKE_BYTES } from '../wire/handshake.js';
import type { Link, LinkHandler } from '../net/transport.js';
import type { OutgoingFaults } from './outgoing-faults.js';

/** A share of time is one of so long: shorter than clients wait for a block, long enough for many of them. */
const CHOKE_CYCLE_MS = 4000;

export class FaultyLink implements Link {
  readonly remote: Address;
  readonly #link: Link;
  readonly #faults: OutgoingFaults;
  readonly #chokeShare: number;
  readonly #greeting = new Uint8Array(HANDSHAKE_BYTES);
  #greetingBytes = 0;
  #handler: LinkHandler | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** `chokeShare`: of the time, 0 … 1. */
  constructor(link: Link, faults: OutgoingFaults, chokeShare: number) {
    this.#link = link;
    this.remote = link.remote;
    this.#faults = faults;
    this.#chokeShare = chokeShare;
  }

  get local(): Address | null {
    return this.#link.local;
  }

  get isEncrypted(): boolean {
    return this.#link.isEncrypted;
  }

  get writableBytes(): number {
    return this.#link.writableBytes;
  }

  start(handler: LinkHandler): void {
    this.#handler = handler;
    if (this.#chokeShare > 0 && this.#chokeShare < 1) this.#turn(true);
    this.#link.start({
      onData: (chunk, length) => {
        this.#greet(chunk, length);
        this.#handler?.onData(chunk, length);
      },
      onDrain: () => this.#handler?.onDrain(),
      onClose: (error) => {
        this.#end();
        this.#handler?.onClose(error);
      },
      onFault: (error) => {
        this.#end();
        this.#handler?.onFault(error);
      },
    });
  }

  write(parts: readonly Uint8Array[]): void {
    if (this.#isClosed) return;
    const { parts: kept, isCut } = this.#faults.filter(parts);
    if (kept.length > 0) this.#link.write(kept);
    if (!isCut) return;
    this.close();
    // Whoever writes is not to hear of the end before he is through.
    setImmediate(() => this.#handler?.onClose(null));
  }

  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  close(): void {
    this.#end();
    this.#link.close();
  }

  #greet(chunk: Uint8Array, length: number): void {
    if (this.#greetingBytes === HANDSHAKE_BYTES) return;
    const taken = Math.min(length, HANDSHAKE_BYTES - this.#greetingBytes);
    this.#greeting.set(chunk.subarray(0, taken), this.#greetingBytes);
    this.#greetingBytes += taken;
    if (this.#greetingBytes === HANDSHAKE_BYTES) this.#faults.hearHandshake(this.#greeting);
  }

  #turn(isHeldBack: boolean): void {
    const message = this.#faults.holdBack(isHeldBack);
    if (message !== null) this.#link.write([message]);
    const share = isHeldBack ? this.#chokeShare : 1 - this.#chokeShare;
    this.#timer = setTimeout(() => this.#turn(!isHeldBack), share * CHOKE_CYCLE_MS);
    this.#timer.unref();
  }

  #end(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
