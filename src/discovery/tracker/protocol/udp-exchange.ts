// One announce or scrape to one address of a UDP tracker (BEP 15) without socket or clock: get a connection id, ask with it, repeat
// what is not answered. An id serves for a minute, so one from an earlier announce may be brought along; a tracker that has
// forgotten it, and says so or says nothing, is asked for a new one.

import { addressKey, type Address } from '../../../model/address.js';
import { isStandIn } from '../../../model/stand-in.js';
import type { Millis } from '../../../model/time.js';
import type { AnnounceParameters } from './announce-request.js';
import { keepBelievable } from './believable-peers.js';
import { TrackerError } from './tracker-error.js';
import {
  CONNECTION_ID_BYTES,
  decodeUdpReply,
  encodeAnnounce,
  encodeConnect,
  encodeScrape,
  type UdpReply,
} from './udp-messages.js';

/** A tracker's leave to announce, for the address of ours that asked for it. */
export interface UdpConnection {
  /** 8 bytes. */
  readonly id: Uint8Array;
  readonly receivedAt: Millis;
}

/** What is asked once there is a connection id. */
export type UdpQuestion =
  /** `urlData`: path and query of the tracker's URL (BEP 41). */
  | { readonly type: 'announce'; readonly parameters: AnnounceParameters; readonly urlData: Uint8Array }
  /** 20 bytes. */
  | { readonly type: 'scrape'; readonly infoHash: Uint8Array };

/** The answer to such a question. */
export type UdpAnswer = Extract<UdpReply, { type: 'announced' | 'scraped' }>;

export interface UdpExchangeOptions {
  /** Where it stands in for a name that a proxy looks up, an answer may come from anywhere: its transaction id is proof enough. */
  readonly address: Address;
  readonly question: UdpQuestion;
  /** Of an earlier announce to this address; null where there is none. It may be too old. */
  readonly connection: UdpConnection | null;
  /** From `start` to the last moment that an answer counts. */
  readonly timeoutMs: number;
  /** From a request to its first repetition; the wait doubles with each. Shorter where `timeoutMs` leaves no room for two. */
  readonly retransmitMs: number;
  /** Unsigned, 32 bits, and hard to guess: whoever guesses it can answer in the tracker's place. */
  readonly nextTransactionId: () => number;
}

export type UdpExchangeEvent =
  | { readonly type: 'start' }
  /** Whatever came to the socket, from whomever. */
  | { readonly type: 'datagram'; readonly from: Address; readonly bytes: Uint8Array }
  /** `nextTimeout()` has come. */
  | { readonly type: 'timeout' };

export type UdpExchangeAction =
  /** To the tracker's address. `isAnnounce`: whoever reads it knows of us. */
  | { readonly type: 'send'; readonly bytes: Uint8Array; readonly isAnnounce: boolean }
  /** To be kept for later announces to this address. */
  | { readonly type: 'connected'; readonly connection: UdpConnection }
  /** The end, one way or the other. */
  | { readonly type: 'done'; readonly answer: UdpAnswer }
  | { readonly type: 'failed'; readonly error: TrackerError };

/** BEP 15: a client may use a connection id for a minute after it came. */
export const CONNECTION_LIFE_MS = 60_000;

interface OpenRequest {
  readonly type: 'connect' | UdpQuestion['type'];
  readonly transactionId: number;
  /** The same bytes each time: a late answer to the first of them is an answer to all. */
  readonly bytes: Uint8Array;
  retransmitAt: Millis;
  repetitions: number;
}

export class UdpExchange {
  readonly #options: UdpExchangeOptions;
  readonly #firstWaitMs: number;
  #connection: UdpConnection | null;
  /** The id is of an earlier exchange: the tracker may have restarted since, or see us at another address. */
  #isBorrowed = true;
  #deadline: Millis = 0;
  /** Null before the start and after the end. */
  #request: OpenRequest | null = null;
  #ignored = 0;
  #actions: UdpExchangeAction[] = [];

  /** Throws TrackerError `invalid_parameter`, so that nothing after this can. */
  constructor(options: UdpExchangeOptions) {
    encodeQuestion(options.question, new Uint8Array(CONNECTION_ID_BYTES), 0);
    this.#options = options;
    this.#connection = options.connection;
    // A third and then two thirds: even a good-bye that has two seconds in all survives a lost packet.
    this.#firstWaitMs = Math.min(options.retransmitMs, options.timeoutMs / 3);
  }

  /** Datagrams that were no answer to what was asked. */
  get ignored(): number {
    return this.#ignored;
  }

  /** Never throws, whatever a remote sends. */
  handle(event: UdpExchangeEvent, now: Millis): UdpExchangeAction[] {
    this.#actions = [];
    switch (event.type) {
      case 'start':
        this.#deadline = now + this.#options.timeoutMs;
        this.#ask(now);
        break;
      case 'datagram':
        this.#receive(event.from, event.bytes, now);
        break;
      case 'timeout':
        this.#timeout(now);
        break;
    }
    return this.#actions;
  }

  /** When `timeout` is due; null before the start and after the end. */
  nextTimeout(): Millis | null {
    return this.#request === null ? null : Math.min(this.#request.retransmitAt, this.#deadline);
  }

  /** Asks what is to be asked where a connection id is at hand that is young enough, and for one where not. */
  #ask(now: Millis): void {
    const { question, nextTransactionId } = this.#options;
    const connection = this.#connection;
    const transactionId = nextTransactionId();
    const retransmitAt = now + this.#firstWaitMs;
    if (connection !== null && isUsable(connection, now)) {
      const bytes = encodeQuestion(question, connection.id, transactionId);
      this.#request = { type: question.type, transactionId, bytes, retransmitAt, repetitions: 0 };
    } else {
      this.#connection = null;
      this.#request = { type: 'connect', transactionId, bytes: encodeConnect(transactionId), retransmitAt, repetitions: 0 };
    }
    this.#send(this.#request);
  }

  #send({ type, bytes }: OpenRequest): void {
    this.#actions.push({ type: 'send', bytes, isAnnounce: type === 'announce' });
  }

  #timeout(now: Millis): void {
    const request = this.#request;
    if (request === null) return;
    if (now >= this.#deadline) {
      const strays = this.#ignored === 0 ? '' : `, only ${this.#ignored} datagrams that are none`;
      this.#fail(new TrackerError('timeout', `no answer in time${strays}`));
    } else if (now >= request.retransmitAt) {
      const connection = this.#connection;
      if (connection !== null && (this.#isBorrowed || !isUsable(connection, now))) {
        this.#reconnect(now);
        return;
      }
      request.repetitions++;
      request.retransmitAt = now + this.#firstWaitMs * 2 ** request.repetitions;
      this.#send(request);
    }
  }

  #receive(from: Address, bytes: Uint8Array, now: Millis): void {
    const reply = this.#readReply(from, bytes);
    if (reply === null) {
      this.#ignored++;
      return;
    }
    switch (reply.type) {
      case 'connected':
        this.#isBorrowed = false;
        this.#connection = { id: reply.connectionId, receivedAt: now };
        this.#actions.push({ type: 'connected', connection: this.#connection });
        this.#ask(now);
        break;
      case 'announced':
      case 'scraped':
        this.#request = null;
        this.#actions.push({ type: 'done', answer: believed(reply, from) });
        break;
      case 'error':
        if (this.#connection !== null && this.#isBorrowed) this.#reconnect(now);
        else this.#fail(new TrackerError('failure_reason', reply.message));
        break;
    }
  }

  /** Null for what is not the tracker's answer to the open request. */
  #readReply(from: Address, bytes: Uint8Array): UdpReply | null {
    const { address } = this.#options;
    const request = this.#request;
    if (request === null || (addressKey(from) !== addressKey(address) && !isStandIn(address))) return null;
    const reply = decodeUdpReply(bytes, request.transactionId, from.family);
    if (reply?.type === 'connected' && request.type !== 'connect') return null;
    if (reply?.type === 'announced' && request.type !== 'announce') return null;
    if (reply?.type === 'scraped' && request.type !== 'scrape') return null;
    return reply;
  }

  #reconnect(now: Millis): void {
    this.#connection = null;
    this.#ask(now);
  }

  #fail(error: TrackerError): void {
    this.#request = null;
    this.#actions.push({ type: 'failed', error });
  }
}

function believed(answer: UdpAnswer, source: Address): UdpAnswer {
  return answer.type === 'announced' ? { ...answer, response: keepBelievable(answer.response, source) } : answer;
}

function encodeQuestion(question: UdpQuestion, connectionId: Uint8Array, transactionId: number): Uint8Array {
  if (question.type === 'scrape') return encodeScrape(connectionId, transactionId, question.infoHash);
  const { parameters, urlData } = question;
  return encodeAnnounce({ connectionId, transactionId, parameters, urlData });
}

function isUsable(connection: UdpConnection, now: Millis): boolean {
  return now - connection.receivedAt < CONNECTION_LIFE_MS;
}
