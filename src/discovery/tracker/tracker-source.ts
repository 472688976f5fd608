// A torrent's trackers as a source of peers: the shell around the tiers machine. Owns one timer and the open requests, takes the
// transfer's numbers at the moment of sending, resolves the names that some trackers hand out, and redacts what it reports.

import { mayName } from '../../model/address-scope.js';
import { addressKey, createAddress, type Address } from '../../model/address.js';
import type { PeerId } from '../../model/ids.js';
import { redactText, redactUrl } from '../../model/redact-url.js';
import type { Random } from '../../model/random.js';
import type { Millis } from '../../model/time.js';
import { namerOf, type TorrentOrigin } from '../../model/torrent-origin.js';
import type { Resolver } from '../../io/resolver.js';
import type { PeerSource, PeerSourceListener } from '../peer-source.js';
import type { AnnounceTransport } from './announce-transport.js';
import type { AnnounceParameters } from './protocol/announce-request.js';
import type { AnnounceResponse } from './protocol/announce-response.js';
import { isBelievableName } from './protocol/believable-peers.js';
import { TrackerTiers } from './protocol/tiers.js';
import { TrackerError } from './protocol/tracker-error.js';
import type { AnnounceFailure, TrackerAction, TrackerEvent, TrackerLimits } from './protocol/tracker-messages.js';
import type { TrackerNotice, TrackerSnapshot } from './tracker-notices.js';

/** Bytes, as announced: payload received and sent since the start, and what is missing. */
export interface TransferNumbers {
  readonly uploaded: number;
  readonly downloaded: number;
  readonly left: number;
}

export interface TrackerSourceOptions {
  /** URLs as the torrent has them; a single `announce` is one tier of one (BEP 12). */
  readonly tiers: readonly (readonly string[])[];
  /** Of the torrent that names them; null: the user's own. */
  readonly origin: TorrentOrigin | null;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly peerId: PeerId;
  /** By which trackers know us again when our address changes: one for all announces under the peer id. 8 hexadecimal digits. */
  readonly key: string;
  /** Where peers reach us, 1 … 65535. Read for each announce: a gateway may give another one than ours. */
  readonly port: number;
  /** As in announces. */
  readonly encryption?: AnnounceParameters['encryption'];
  readonly limits: TrackerLimits;
  readonly transport: AnnounceTransport;
  readonly resolver: Resolver;
  readonly random: Random;
  /** Monotonic. */
  readonly now: () => Millis;
  /** Asked whenever an announce leaves. `left` 0 at the start means that there is nothing to complete. */
  readonly numbers: () => TransferNumbers;
  /** Asked at the start: nothing more is wanted, although `left` is not 0. Default false. */
  readonly isPartialSeed?: () => boolean;
  readonly listener: PeerSourceListener;
}

/** Timers of Node hold no more than this. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Of one name: hosts with more addresses are no peers. */
const MAX_ADDRESSES_PER_NAME = 4;

export class TrackerSource implements PeerSource {
  readonly #options: TrackerSourceOptions;
  readonly #machine: TrackerTiers;
  readonly #open = new Map<number, AbortController>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isListening = false;
  #isAbandoned = false;
  #stopping: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  constructor(options: TrackerSourceOptions) {
    this.#options = options;
    this.#machine = new TrackerTiers(options.tiers, options.limits, options.random, options.transport.schemes);
  }

  start(): void {
    if (this.#stopping !== null) return;
    this.#isListening = true;
    const { numbers, isPartialSeed, port } = this.#options;
    this.#handle({ type: 'start', isComplete: numbers().left === 0, isPartialSeed: isPartialSeed?.() === true, port });
  }

  requestPeers(): void {
    this.#handle({ type: 'more-peers' });
  }

  complete(): void {
    this.#handle({ type: 'completed' });
  }

  becomePartialSeed(): void {
    this.#handle({ type: 'partial-seed' });
  }

  abandon(): void {
    this.#isListening = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isAbandoned = true;
    for (const controller of this.#open.values()) controller.abort();
    this.#open.clear();
    this.#options.transport.close?.();
    this.#stopping?.resolve();
  }

  stop(): Promise<void> {
    if (this.#isAbandoned) return Promise.resolve();
    if (this.#stopping !== null) return this.#stopping.promise;
    let resolve = (): void => undefined;
    const promise = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.#stopping = { promise, resolve };
    this.#handle({ type: 'stop' });
    return promise;
  }

  /** In the torrent's order, redacted. */
  snapshot(): TrackerSnapshot[] {
    return this.#machine.snapshot(this.#options.now()).map((tracker) => ({
      ...tracker,
      url: redactUrl(tracker.url),
      lastError: tracker.lastError === null ? null : redactText(tracker.lastError, tracker.url),
    }));
  }

  #handle(event: TrackerEvent): void {
    if (this.#isAbandoned) return;
    for (const action of this.#machine.handle(event, this.#options.now())) this.#execute(action);
    this.#armTimer();
  }

  #armTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const due = this.#machine.nextTimeout();
    this.#timer = null;
    if (due === null) return;
    const delayMs = Math.min(Math.max(0, Math.ceil(due - this.#options.now())), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.#handle({ type: 'timeout' }), delayMs);
  }

  #execute(action: TrackerAction): void {
    switch (action.type) {
      case 'announce':
        void this.#announce(action);
        break;
      case 'cancel':
        this.#open.get(action.request)?.abort();
        this.#open.delete(action.request);
        break;
      case 'peers':
        if (action.response.addresses.length > 0) this.#report(action.response.addresses, action.response.peerIds);
        if (action.response.names.length > 0) void this.#resolveNames(action.response);
        break;
      case 'notice':
        if (this.#isListening) this.#options.listener.onNotice(redactNotice(action.notice));
        break;
      case 'stopped':
        this.#isListening = false;
        this.#options.transport.close?.();
        this.#stopping?.resolve();
        this.#stopping = null;
        break;
    }
  }

  async #announce(action: TrackerAction & { type: 'announce' }): Promise<void> {
    const { request, url, event, trackerId, numwant, timeoutMs } = action;
    const { infoHash, peerId, key, port, encryption, transport, numbers } = this.#options;
    const namer = namerOf(this.#options.origin, url);
    const controller = new AbortController();
    this.#open.set(request, controller);
    let outcome: TrackerEvent;
    try {
      const response = await transport.announce({
        url,
        ...(namer === null ? {} : { origin: namer }),
        parameters: {
          infoHash,
          peerId,
          port,
          ...numbers(),
          numwant,
          event,
          key,
          ...(encryption === undefined ? {} : { encryption }),
          ...(trackerId === null ? {} : { trackerId }),
        },
        timeoutMs,
        signal: controller.signal,
        onSent: () => this.#handle({ type: 'sent', request }),
      });
      outcome = { type: 'answered', request, response };
      if (response.externalHost !== null && this.#isListening) this.#reportSeenAs(response.externalHost, url);
    } catch (error) {
      outcome = { type: 'failed', request, failure: toFailure(error) };
    }
    this.#open.delete(request);
    this.#handle(outcome);
  }

  /** One after the other: look-ups share threads with the disk. */
  async #resolveNames({ names, source }: AnnounceResponse): Promise<void> {
    for (const { host, port } of names) {
      if (!this.#isListening || this.#stopping !== null) return;
      const hosts = await this.#options.resolver.resolve(host);
      const found = new Map<string, Address>();
      for (const numeric of hosts.slice(0, MAX_ADDRESSES_PER_NAME)) {
        const address = createAddress(numeric, port);
        if (address !== null && isBelievable(address, host, source)) found.set(addressKey(address), address);
      }
      if (found.size > 0) this.#report([...found.values()]);
    }
  }

  #reportSeenAs(host: string, url: string): void {
    this.#options.listener.onSeenAs?.(host, new URL(url).hostname);
  }

  #report(addresses: readonly Address[], peerIds?: AnnounceResponse['peerIds']): void {
    if (this.#isListening && this.#stopping === null) this.#options.listener.onAddresses(addresses, peerIds);
  }
}

/** A peer that a tracker names by its name. */
function isBelievable(address: Address, host: string, source: Address | undefined): boolean {
  return source === undefined ? isBelievableName(host) : mayName(source, address);
}

function toFailure(error: unknown): AnnounceFailure {
  if (!(error instanceof TrackerError)) return { code: 'failed', message: 'the announce failed' };
  const { code, message, detail } = error;
  return { code, message, ...(detail.retryInMs === undefined ? {} : { retryInMs: detail.retryInMs }) };
}

function redactNotice(notice: TrackerNotice): TrackerNotice {
  const url = redactUrl(notice.url);
  return notice.type === 'tracker-answered'
    ? { ...notice, url }
    : { ...notice, url, message: redactText(notice.message, notice.url) };
}
