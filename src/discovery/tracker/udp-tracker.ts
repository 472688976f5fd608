// An announce or a scrape over UDP (BEP 15): find the tracker's addresses, drive an exchange with one of each family in turn until one
// answers. Keeps between announces what saves a round trip, the sockets and the connection ids.

import { resolveWithin, type Resolver } from '../../io/resolver.js';
import type { Datagrams, OpenDatagrams } from '../../io/datagrams.js';
import { UdpSocket } from '../../io/udp-socket.js';
import { addressKey, createAddress, type Address, type AddressKey } from '../../model/address.js';
import { mayLead } from '../../model/address-scope.js';
import { isStandIn } from '../../model/stand-in.js';
import type { Millis } from '../../model/time.js';
import { whereaboutsOf } from '../../model/whereabouts.js';
import type { AnnounceCall, AnnounceTransport, ScrapeCall } from './announce-transport.js';
import type { AnnounceResponse } from './protocol/announce-response.js';
import { forbiddenTracker, TrackerError } from './protocol/tracker-error.js';
import type { ScrapeCounts } from './protocol/scrape.js';
import { parseUdpTrackerUrl } from './protocol/tracker-url.js';
import { UdpExchange, type UdpAnswer, type UdpConnection, type UdpQuestion } from './protocol/udp-exchange.js';
import { UdpCall } from './udp-call.js';

export interface UdpTrackerOptions {
  readonly resolver: Resolver;
  /** From a datagram to its first repetition. */
  readonly retransmitMs: number;
  /** Unsigned, 32 bits, unpredictable. */
  readonly nextTransactionId: () => number;
  /** Monotonic. */
  readonly now: () => Millis;
  /** Default: a socket of our own. */
  readonly openDatagrams?: OpenDatagrams;
}

/** What both kinds of calls have. */
type AnyCall = Pick<AnnounceCall, 'origin' | 'timeoutMs' | 'signal'> & { readonly onSent?: () => void };

/** Trackers that are remembered as having answered; a torrent that has more forgets the oldest. */
const MAX_CONNECTIONS = 400;

export function createUdpTracker(options: UdpTrackerOptions): AnnounceTransport {
  return new UdpTracker(options);
}

class UdpTracker implements AnnounceTransport {
  readonly schemes = ['udp'];
  readonly #options: UdpTrackerOptions;
  /** Each gets all datagrams and knows its own. */
  readonly #open = new Set<UdpCall>();
  /** The last connection ids, old ones too: whoever answered before is asked first. */
  readonly #connections = new Map<AddressKey, UdpConnection>();
  #socket: Datagrams | null = null;

  constructor(options: UdpTrackerOptions) {
    this.#options = options;
  }

  async announce(call: AnnounceCall): Promise<AnnounceResponse> {
    const { host, port, urlData } = parseUdpTrackerUrl(call.url);
    const answer = await this.#ask(host, port, { type: 'announce', parameters: call.parameters, urlData }, call);
    if (answer.type !== 'announced') throw new TrackerError('malformed_answer', 'answered what was not asked');
    return answer.response;
  }

  async scrape(call: ScrapeCall): Promise<ScrapeCounts> {
    const { host, port } = parseUdpTrackerUrl(call.url);
    const answer = await this.#ask(host, port, { type: 'scrape', infoHash: call.infoHash }, call);
    if (answer.type !== 'scraped') throw new TrackerError('malformed_answer', 'answered what was not asked');
    return answer.counts;
  }

  async #ask(host: string, port: number, question: UdpQuestion, call: AnyCall): Promise<UdpAnswer> {
    const { now } = this.#options;
    const deadline = now() + call.timeoutMs;
    const addresses = await this.#find(host, port, call);
    let failure = new TrackerError('name_not_found', 'host name not found');
    for (const [index, address] of addresses.entries()) {
      // An even share of what is left, so that a family without a way out leaves time for the other.
      const timeoutMs = Math.max(0, deadline - now()) / (addresses.length - index);
      try {
        return await this.#exchange(address, question, timeoutMs, call);
      } catch (error) {
        if (!(error instanceof TrackerError) || error.code === 'failure_reason' || call.signal.aborted) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  close(): void {
    this.#socket?.close();
    this.#socket = null;
    // They are good for the port that asked for them.
    this.#connections.clear();
  }

  /**
   * One address of each family: those that answered before come first, then as the resolver has them. Only those that whoever named the
   * tracker may lead us to: they are dialled as they are, and not looked up again.
   */
  async #find(host: string, port: number, call: AnyCall): Promise<Address[]> {
    const { origin = null } = call;
    const numeric = createAddress(host, port);
    const hosts = numeric === null ? await resolveWithin(this.#options.resolver, host, call.timeoutMs, call.signal) : [host];
    const found = hosts.map((text) => createAddress(text, port)).filter((address) => address !== null);
    // A name that the proxy looks up is judged by what it says.
    const placeOf = (address: Address): Address => (numeric === null && isStandIn(address) ? whereaboutsOf(host) : address);
    const known = found.filter((address) => mayLead(origin, placeOf(address)));
    if (known.length === 0 && found.length > 0) throw forbiddenTracker();
    const hasAnswered = (address: Address): number => Number(this.#connections.has(addressKey(address)));
    const firsts = new Map<Address['family'], Address>();
    for (const address of known.toSorted((a, b) => hasAnswered(b) - hasAnswered(a))) {
      if (!firsts.has(address.family)) firsts.set(address.family, address);
    }
    return [...firsts.values()];
  }

  async #exchange(address: Address, question: UdpQuestion, timeoutMs: number, call: AnyCall): Promise<UdpAnswer> {
    const { retransmitMs, nextTransactionId, now } = this.#options;
    const { signal, onSent = () => undefined } = call;
    const key = addressKey(address);
    const connection = this.#connections.get(key) ?? null;
    const exchange = new UdpCall({
      exchange: new UdpExchange({ address, question, connection, timeoutMs, retransmitMs, nextTransactionId }),
      now,
      signal,
      send: (bytes, onSettled) => this.#openSocket().send(address, bytes, onSettled),
      onSent,
      onConnected: (fresh) => this.#remember(key, fresh),
    });
    this.#open.add(exchange);
    try {
      return await exchange.run();
    } catch (error) {
      if (error instanceof TrackerError && error.code === 'timeout') this.#connections.delete(key);
      throw error;
    } finally {
      this.#open.delete(exchange);
    }
  }

  #openSocket(): Datagrams {
    const { openDatagrams = (listener) => new UdpSocket(listener) } = this.#options;
    this.#socket ??= openDatagrams((from, bytes) => {
      for (const exchange of this.#open) exchange.receive(from, bytes);
    });
    return this.#socket;
  }

  #remember(key: AddressKey, connection: UdpConnection): void {
    this.#connections.delete(key);
    this.#connections.set(key, connection);
    if (this.#connections.size <= MAX_CONNECTIONS) return;
    for (const oldest of this.#connections.keys()) {
      this.#connections.delete(oldest);
      return;
    }
  }
}
