// Message Stream Encryption around a link: does the handshake before anybody hears of it, tells an incoming one from a plain one by
// its first bytes, and then either gives the link its handler back, so that plain streams cost nothing, or puts RC4 between the two:
// what comes is decrypted where it lies, what goes is encrypted into memory of its own, as blocks are lent and others read them too.

import type { Address } from '../model/address.js';
import { PROTOCOL_HEAD } from '../wire/handshake.js';
import type { EncryptionPolicy } from '../wire/mse/encryption-policy.js';
import { MseInitiator } from '../wire/mse/mse-initiator.js';
import { MseResponder } from '../wire/mse/mse-responder.js';
import type { MseMachine, MseOutcome, RandomBytes } from '../wire/mse/mse-terms.js';
import type { Rc4 } from '../wire/mse/rc4.js';
import { WireError } from '../wire/wire-error.js';
import type { Link, LinkHandler } from './transport.js';

export interface EncryptionOptions {
  readonly policy: EncryptionPolicy;
  readonly randomBytes: RandomBytes;
  /** The info hash (20 bytes) of the torrent with this mark (`torrentMark`); null where there is none. */
  readonly findTorrent: (mark: Uint8Array) => Uint8Array | null;
}

export class MseLink implements Link {
  readonly remote: Address;
  readonly #link: Link;
  /** Makes the machine when it is needed; `payload` is what has been written by then. */
  readonly #open: (payload: Uint8Array) => MseMachine;
  readonly #allowsPlain: boolean;
  /** Bytes of the plain protocol's name that have come; null once it is clear what the remote speaks. */
  #plainBytes: number | null;
  #machine: MseMachine | null = null;
  #isOpen = false;
  #isEncrypted = false;
  #isClosed = false;
  #encrypt: Rc4 | null = null;
  #handler: LinkHandler | null = null;
  /** Written before it was clear how. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  private constructor(link: Link, isIncoming: boolean, allowsPlain: boolean, open: (payload: Uint8Array) => MseMachine) {
    this.#link = link;
    this.remote = link.remote;
    this.#plainBytes = isIncoming ? 0 : null;
    this.#allowsPlain = allowsPlain;
    this.#open = open;
  }

  /** A dialled link that was not started: encrypted from its first byte. What is written before `start` goes with the handshake. */
  static dialled(link: Link, infoHash: Uint8Array, options: Omit<EncryptionOptions, 'findTorrent'>): MseLink {
    return new MseLink(link, false, false, (payload) => new MseInitiator({ ...options, infoHash, payload }));
  }

  /** An accepted link that was not started: plain or encrypted as the remote begins, plain ones not with `require`. */
  static accepted(link: Link, options: EncryptionOptions): MseLink {
    return new MseLink(link, true, options.policy !== 'require', () => new MseResponder(options));
  }

  get local(): Address | null {
    return this.#link.local;
  }

  get isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  get writableBytes(): number {
    return this.#isClosed ? 0 : this.#waitingBytes + this.#link.writableBytes;
  }

  start(handler: LinkHandler): void {
    this.#handler = handler;
    if (this.#plainBytes === null) {
      this.#machine = this.#open(this.#takeWaiting());
      this.#sendOutput(this.#machine);
    }
    this.#link.start(this.#startedBy((chunk, length) => this.#receive(chunk, length)));
  }

  write(parts: readonly Uint8Array[]): void {
    if (this.#isClosed) return;
    if (!this.#isOpen) {
      this.#waiting.push(...parts);
      for (const part of parts) this.#waitingBytes += part.length;
    } else if (this.#encrypt === null) {
      this.#link.write(parts);
    } else {
      this.#link.write([encrypted(parts, this.#encrypt)]);
    }
  }

  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  close(): void {
    this.#isClosed = true;
    this.#link.close();
  }

  /** What the link below tells: its bytes go to `onData`, the rest to whoever is above. */
  #startedBy(onData: LinkHandler['onData']): LinkHandler {
    return {
      onData,
      onDrain: () => {
        if (this.#isOpen) this.#handler?.onDrain();
      },
      onClose: (error) => {
        this.#isClosed = true;
        this.#handler?.onClose(error);
      },
      onFault: (error) => this.#fail(error),
    };
  }

  /** The handshake's bytes, and what came in one piece with them. */
  #receive(chunk: Uint8Array, length: number): void {
    try {
      if (this.#plainBytes !== null) this.#look(chunk, length, this.#plainBytes);
      const machine = this.#machine;
      if (machine === null) return;
      const at = machine.push(chunk, 0, length);
      this.#sendOutput(machine);
      if (machine.outcome !== null) this.#establish(machine.outcome, chunk.subarray(at, length));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Compares with the plain protocol's name; where it differs a machine is made, which gets what was taken for the name. */
  #look(chunk: Uint8Array, length: number, known: number): void {
    let count = known;
    for (let at = 0; at < length && count < PROTOCOL_HEAD.length && chunk[at] === PROTOCOL_HEAD[count]; at++) count++;
    if (count === PROTOCOL_HEAD.length) {
      this.#plainBytes = null;
      this.#passPlain(chunk, length, known);
    } else if (count - known < length) {
      this.#plainBytes = null;
      this.#machine = this.#open(new Uint8Array());
      this.#machine.push(PROTOCOL_HEAD, 0, known);
    } else {
      this.#plainBytes = count;
    }
  }

  #passPlain(chunk: Uint8Array, length: number, known: number): void {
    if (!this.#allowsPlain) throw new WireError('unencrypted', 'the peer does not encrypt, and only encrypted ones are taken');
    const handler = this.#unwrap();
    if (known > 0) handler?.onData(PROTOCOL_HEAD.slice(0, known), known);
    if (!this.#isClosed) handler?.onData(chunk, length);
  }

  /** From here on the link below speaks to the handler itself: nothing of this is in the way any more. */
  #unwrap(): LinkHandler | null {
    const handler = this.#handler;
    this.#isOpen = true;
    if (handler !== null) this.#link.start(handler);
    this.#flush();
    return handler;
  }

  /** The handshake is done. `rest` came behind it in one piece. */
  #establish(outcome: MseOutcome, rest: Uint8Array): void {
    this.#machine = null;
    this.#isEncrypted = true;
    const deliver = outcome.method === 'rc4' ? this.#encipher(outcome) : this.#endEncryption(outcome);
    if (rest.length > 0) deliver(rest, rest.length);
  }

  /** From here on everything is encrypted. Answers with what takes the bytes that come. */
  #encipher({ encrypt, decrypt }: MseOutcome): LinkHandler['onData'] {
    const deliver = (chunk: Uint8Array, length: number): void => {
      decrypt.apply(chunk, 0, length, chunk, 0);
      this.#handler?.onData(chunk, length);
    };
    this.#encrypt = encrypt;
    this.#isOpen = true;
    this.#link.start(this.#startedBy(deliver));
    this.#flush();
    return deliver;
  }

  /** From here on nothing is encrypted but the remote's first payload. Answers with what takes the bytes that come. */
  #endEncryption({ decrypt, encryptedBytes }: MseOutcome): LinkHandler['onData'] {
    let left = encryptedBytes;
    const deliver = (chunk: Uint8Array, length: number): void => {
      const count = Math.min(left, length);
      decrypt.apply(chunk, 0, count, chunk, 0);
      left -= count;
      if (left === 0) this.#unwrap();
      this.#handler?.onData(chunk, length);
    };
    if (left === 0) {
      const handler = this.#unwrap();
      return (chunk, length) => handler?.onData(chunk, length);
    }
    this.#isOpen = true;
    this.#link.start(this.#startedBy(deliver));
    this.#flush();
    return deliver;
  }

  #sendOutput(machine: MseMachine): void {
    const output = machine.takeOutput();
    if (output !== null) this.#link.write([output]);
  }

  #flush(): void {
    if (this.#waitingBytes > 0) this.write([this.#takeWaiting()]);
  }

  #takeWaiting(): Uint8Array {
    const joined = new Uint8Array(this.#waitingBytes);
    let at = 0;
    for (const part of this.#waiting) {
      joined.set(part, at);
      at += part.length;
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    return joined;
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#handler?.onFault(error);
  }
}

function encrypted(parts: readonly Uint8Array[], cipher: Rc4): Uint8Array {
  const sealed = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    cipher.apply(part, 0, part.length, sealed, at);
    at += part.length;
  }
  return sealed;
}
