// An exchange with a UDP tracker under way: gives the machine its time and its datagrams, does what it asks, and ends it where
// nobody wants the answer any more.

import type { UdpError } from '../../io/udp-socket.js';
import type { Address } from '../../model/address.js';
import type { Millis } from '../../model/time.js';
import { TrackerError } from './protocol/tracker-error.js';
import type { UdpAnswer, UdpConnection, UdpExchange, UdpExchangeAction, UdpExchangeEvent } from './protocol/udp-exchange.js';

export interface UdpCallOptions {
  readonly exchange: UdpExchange;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly signal: AbortSignal;
  /** To the tracker's address; `onSettled` comes later, with null when the datagram left. */
  readonly send: (bytes: Uint8Array, onSettled: (error: UdpError | null) => void) => void;
  /** The announce itself left, perhaps not for the first time. */
  readonly onSent: () => void;
  readonly onConnected: (connection: UdpConnection) => void;
}

interface Waiting {
  readonly resolve: (answer: UdpAnswer) => void;
  readonly reject: (error: TrackerError) => void;
}

export class UdpCall {
  readonly #options: UdpCallOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Null before `run` and after the end. */
  #waiting: Waiting | null = null;

  constructor(options: UdpCallOptions) {
    this.#options = options;
  }

  /** Once. Rejects with TrackerError, `aborted` where the signal ended it. */
  run(): Promise<UdpAnswer> {
    const { signal } = this.#options;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      signal.addEventListener('abort', this.#onAbort, { once: true });
      if (signal.aborted) this.#onAbort();
      else this.#step({ type: 'start' });
    });
  }

  /** Whatever came to the socket. */
  receive(from: Address, bytes: Uint8Array): void {
    this.#step({ type: 'datagram', from, bytes });
  }

  #step(event: UdpExchangeEvent): void {
    const { exchange, now } = this.#options;
    if (this.#waiting === null) return;
    for (const action of exchange.handle(event, now())) this.#execute(action);
    clearTimeout(this.#timer);
    const due = this.#waiting === null ? null : exchange.nextTimeout();
    if (due === null) return;
    this.#timer = setTimeout(() => this.#step({ type: 'timeout' }), Math.max(0, Math.ceil(due - now())));
  }

  #execute(action: UdpExchangeAction): void {
    switch (action.type) {
      case 'send':
        this.#options.send(action.bytes, (error) => this.#noteSent(action.isAnnounce, error));
        break;
      case 'connected':
        this.#options.onConnected(action.connection);
        break;
      case 'done':
        this.#end()?.resolve(action.answer);
        break;
      case 'failed':
        this.#end()?.reject(action.error);
        break;
    }
  }

  #noteSent(isAnnounce: boolean, error: UdpError | null): void {
    if (this.#waiting === null) return;
    if (error !== null) this.#end()?.reject(new TrackerError(error.code, error.message, {}, { cause: error }));
    else if (isAnnounce) this.#options.onSent();
  }

  readonly #onAbort = (): void => {
    this.#end()?.reject(new TrackerError('aborted', 'given up'));
  };

  /** Whom to tell how it ended; null where that is done. */
  #end(): Waiting | null {
    const waiting = this.#waiting;
    this.#waiting = null;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    return waiting;
  }
}
