// The shell around the mapper: two sockets to the gateway, one for the search, HTTP where a device is to be asked, one timer. Never fails:
// what does not work is a notice. Its end gives the mapping back, in bounded time.

import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { httpGet } from '../../io/http-client.js';
import { HttpError } from '../../io/http-error.js';
import { UdpSocket } from '../../io/udp-socket.js';
import { createAddress, formatAddress, type Address } from '../../model/address.js';
import type { Random } from '../../model/random.js';
import { findGateway } from './default-gateway.js';
import { GatewaySocket } from './gateway-socket.js';
import type { GatewayCodec } from './protocol/gateway-codec.js';
import { GatewayMethod } from './protocol/gateway-method.js';
import type { MappingLimits, MappingMethod, MappingProtocol, MethodAction, MethodEvent } from './protocol/mapping-terms.js';
import { NAT_PMP } from './protocol/nat-pmp-codec.js';
import { createPcpCodec, PCP_NONCE_BYTES } from './protocol/pcp-codec.js';
import { PortMapper, type MapperEvent, type PortMappingNotice } from './protocol/port-mapper.js';
import { UpnpMethod } from './protocol/upnp-method.js';

/** Where gateways are looked for; tests have their own. */
export interface PortMappingPlaces {
  /** Where NAT-PMP and PCP are spoken: null for nowhere, left out for the default gateway. */
  readonly gateway?: Address | null;
  /** Where searches of UPnP go. Left out: the multicast group of the local network. */
  readonly searchAt?: Address;
  /** Those that are tried. Left out: all. */
  readonly protocols?: readonly MappingProtocol[];
}

export interface PortForwardingLimits extends MappingLimits {
  /** One HTTP request to a device, all of it. */
  readonly requestTimeoutMs: number;
  /** Bytes of an answer. */
  readonly maxResponseBytes: number;
}

export interface PortForwardingOptions extends PortMappingPlaces {
  readonly port: number;
  readonly limits: PortForwardingLimits;
  readonly userAgent: string;
  readonly random: Random;
  readonly onNotice: (notice: PortMappingNotice) => void;
}

/** UPnP Device Architecture, section 1.3.2. */
const SEARCH_GROUP = createAddress('239.255.255.250', 1900) as Address;
/** Timers of Node hold no more than this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class PortForwarding {
  readonly #options: PortForwardingOptions;
  #starting: Promise<void>;
  #requests = new AbortController();
  readonly #sockets = new Map<MappingProtocol, GatewaySocket>();
  #search: UdpSocket | null = null;
  #mapper: PortMapper | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** That nothing works is told once, not at each attempt. */
  #isFailureTold = false;
  #onStopped: () => void = () => undefined;
  #isStopping = false;
  #isClosed = false;

  /** Begins at once. */
  constructor(options: PortForwardingOptions) {
    this.#options = options;
    this.#starting = this.#start();
  }

  /** Gives the mapping back, and waits for that, so long at most. Never rejects; repeated calls do nothing. */
  async stop(timeoutMs: number): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    await this.#starting;
    const stopped = new Promise<void>((resolve) => {
      this.#onStopped = resolve;
    });
    this.#handle({ type: 'stop' });
    const limit = new AbortController();
    await Promise.race([stopped, wait(timeoutMs, undefined, { signal: limit.signal })]);
    limit.abort();
    this.#close();
  }

  async #start(): Promise<void> {
    const { port, limits, random, searchAt = SEARCH_GROUP, protocols } = this.#options;
    const gateway = this.#options.gateway === undefined ? await findGateway() : this.#options.gateway;
    const methods: MappingMethod[] = [];
    const missing: { protocol: MappingProtocol; reason: string }[] = [];
    const isTried = (protocol: MappingProtocol): boolean => protocols?.includes(protocol) ?? true;
    const add = async (protocol: MappingProtocol, codecFor: (localHost: string) => GatewayCodec): Promise<void> => {
      if (!isTried(protocol)) return;
      const socket = gateway === null ? null : await this.#openSocket(protocol, gateway);
      if (socket === null) missing.push({ protocol, reason: gateway === null ? 'no gateway is known' : 'no way to the gateway' });
      else {
        const retransmit = protocol === 'PCP' ? limits.pcp : limits.natPmp;
        methods.push(new GatewayMethod({ codec: codecFor(socket.localHost), port, retransmit, limits }));
      }
    };
    await add('NAT-PMP', () => NAT_PMP);
    await add('PCP', (clientHost) => createPcpCodec({ clientHost, nonce: new Uint8Array(randomBytes(PCP_NONCE_BYTES)) }));
    if (isTried('UPnP')) methods.push(new UpnpMethod({ port, group: formatAddress(searchAt), random, limits }));
    this.#search = new UdpSocket((from, bytes) => this.#tell('UPnP', { type: 'datagram', from, bytes }));
    this.#mapper = new PortMapper({ port, methods, missing, retryMs: limits.retryMs });
    if (!this.#isStopping) this.#handle({ type: 'start' });
  }

  async #openSocket(protocol: MappingProtocol, gateway: Address): Promise<GatewaySocket | null> {
    const socket = await GatewaySocket.open(gateway, {
      onDatagram: (bytes) => this.#tell(protocol, { type: 'datagram', from: gateway, bytes }),
      onUnreachable: () => this.#tell(protocol, { type: 'unreachable' }),
    });
    if (socket !== null) this.#sockets.set(protocol, socket);
    return socket;
  }

  #tell(protocol: MappingProtocol, event: MethodEvent): void {
    this.#handle({ type: 'method', protocol, event });
  }

  #handle(event: MapperEvent): void {
    const mapper = this.#mapper;
    if (mapper === null || this.#isClosed) return;
    for (const action of mapper.handle(event, performance.now())) {
      if (action.type === 'notice') this.#notice(action.notice);
      else if (action.type === 'restart') this.#restart();
      else if (action.type === 'stopped') this.#onStopped();
      else this.#execute(action.protocol, action.action);
    }
    clearTimeout(this.#timer);
    const due = this.#mapper === mapper ? mapper.nextTimeout() : null;
    if (due === null) return;
    const delayMs = Math.min(Math.max(0, Math.ceil(due - performance.now())), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.#handle({ type: 'timeout' }), delayMs);
  }

  #notice(notice: PortMappingNotice): void {
    const isFailure = notice.type === 'port-not-mapped';
    if (!isFailure || !this.#isFailureTold) this.#options.onNotice(notice);
    this.#isFailureTold = isFailure;
  }

  /** The machine may be on another network by now: everything is looked for again. */
  #restart(): void {
    this.#letGo();
    this.#mapper = null;
    this.#requests = new AbortController();
    this.#starting = this.#start();
  }

  #execute(protocol: MappingProtocol, action: Extract<MethodAction, { type: 'send' | 'request' }>): void {
    if (action.type === 'request') void this.#request(protocol, action);
    else if (protocol !== 'UPnP') this.#sockets.get(protocol)?.send(action.bytes);
    else {
      this.#search?.send(this.#options.searchAt ?? SEARCH_GROUP, action.bytes, (error) => {
        if (error !== null) this.#tell(protocol, { type: 'unreachable' });
      });
    }
  }

  async #request(protocol: MappingProtocol, action: Extract<MethodAction, { type: 'request' }>): Promise<void> {
    const { userAgent, limits } = this.#options;
    const { request, url, call } = action;
    const mapper = this.#mapper;
    try {
      const { status, body, localHost } = await httpGet({
        url,
        userAgent,
        timeoutMs: limits.requestTimeoutMs,
        maxResponseBytes: limits.maxResponseBytes,
        maxRedirects: 0,
        signal: this.#requests.signal,
        ...(call === null
          ? {}
          : {
              post: {
                body: call.body,
                headers: { 'content-type': 'text/xml; charset="utf-8"', soapaction: `"${call.serviceType}#${call.action}"` },
              },
            }),
      });
      const local = createAddress(localHost, 1)?.host ?? localHost;
      if (mapper === this.#mapper) this.#tell(protocol, { type: 'answered', request, status, body, localHost: local });
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (mapper === this.#mapper) this.#tell(protocol, { type: 'request-failed', request, message: error.message });
    }
  }

  #close(): void {
    this.#isClosed = true;
    this.#letGo();
  }

  #letGo(): void {
    clearTimeout(this.#timer);
    this.#requests.abort();
    this.#search?.close();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }
}
