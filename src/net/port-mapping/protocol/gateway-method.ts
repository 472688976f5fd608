// NAT-PMP or PCP with the default gateway, without its socket (RFC 6886, RFC 6887): probe, map TCP and then UDP, renew at half the
// lease, delete at the end. A request is repeated with a wait that doubles, as both documents ask, but given up within seconds: somebody
// waits for the answer. A mapping without UDP is one too.

import type { Millis } from '../../../model/time.js';
import type { GatewayCodec, GatewayReply } from './gateway-codec.js';
import {
  renewalTime,
  type MappingLimits,
  type MappingMethod,
  type MappingProtocol,
  type MethodAction,
  type MethodEvent,
  type PortKind,
  type RetransmitLimits,
} from './mapping-terms.js';

/** At the end nobody has the time that RFC 6887 gives a lost datagram. */
const RELEASE_WAIT_MS = 250;

interface OpenRequest {
  readonly step: 'probe' | PortKind | 'release';
  attempt: number;
  dueAt: Millis;
}

interface Lease {
  readonly externalPort: number;
  readonly expiresAt: Millis;
}

export interface GatewayMethodOptions {
  readonly codec: GatewayCodec;
  readonly port: number;
  readonly retransmit: RetransmitLimits;
  readonly limits: Pick<MappingLimits, 'leaseS' | 'minRenewMs'>;
}

export class GatewayMethod implements MappingMethod {
  readonly #options: GatewayMethodOptions;
  #request: OpenRequest | null = null;
  #externalHost: string | null = null;
  readonly #leases = new Map<PortKind, Lease>();
  /** What the gateway may have made for us, whether or not we heard of it. */
  readonly #asked = new Set<PortKind>();
  #renewAt: Millis | null = null;
  /** What was told last, as text. */
  #told = '';
  #actions: MethodAction[] = [];

  constructor(options: GatewayMethodOptions) {
    this.#options = options;
  }

  get protocol(): MappingProtocol {
    return this.#options.codec.protocol;
  }

  handle(event: MethodEvent, now: Millis): MethodAction[] {
    this.#actions = [];
    switch (event.type) {
      case 'search':
        this.#reset();
        this.#ask('probe', now);
        break;
      case 'map':
        this.#ask('tcp', now);
        break;
      case 'release':
        this.#release(now);
        break;
      case 'datagram': {
        const reply = this.#options.codec.decode(event.bytes);
        if (reply !== null) this.#hear(reply, now);
        break;
      }
      case 'unreachable':
        this.#giveUp('nobody there speaks it', now);
        break;
      case 'timeout':
        this.#timeout(now);
        break;
      case 'answered':
      case 'request-failed':
        break;
    }
    return this.#actions;
  }

  nextTimeout(): Millis | null {
    return this.#request?.dueAt ?? this.#renewAt;
  }

  #reset(): void {
    this.#request = null;
    this.#leases.clear();
    this.#asked.clear();
    this.#renewAt = null;
    this.#told = '';
  }

  #ask(step: OpenRequest['step'], now: Millis): void {
    this.#renewAt = null;
    this.#request = { step, attempt: 1, dueAt: now + this.#firstWaitMs(step) };
    this.#send(step);
  }

  #firstWaitMs(step: OpenRequest['step']): number {
    const { firstWaitMs } = this.#options.retransmit;
    return step === 'release' ? Math.min(firstWaitMs, RELEASE_WAIT_MS) : firstWaitMs;
  }

  #send(step: OpenRequest['step']): void {
    const { codec, port, limits } = this.#options;
    if (step === 'probe') this.#actions.push({ type: 'send', bytes: codec.encodeProbe() });
    else if (step === 'release') {
      for (const kind of this.#asked) this.#sendMap(kind, 0, 0);
    } else {
      this.#asked.add(step);
      const wished = this.#leases.get(step) ?? this.#leases.get('tcp');
      this.#sendMap(step, wished?.externalPort ?? port, limits.leaseS);
    }
  }

  #sendMap(kind: PortKind, externalPort: number, lifetimeS: number): void {
    const { codec, port } = this.#options;
    this.#actions.push({ type: 'send', bytes: codec.encodeMap({ kind, internalPort: port, externalPort, lifetimeS }) });
  }

  #timeout(now: Millis): void {
    const request = this.#request;
    if (request === null) {
      if (this.#renewAt !== null && now >= this.#renewAt) this.#ask('tcp', now);
      return;
    }
    if (now < request.dueAt) return;
    if (request.attempt >= this.#options.retransmit.attempts) {
      this.#giveUp('no answer', now);
      return;
    }
    request.dueAt = now + this.#firstWaitMs(request.step) * 2 ** request.attempt;
    request.attempt++;
    this.#send(request.step);
  }

  #hear(reply: GatewayReply, now: Millis): void {
    const step = this.#request?.step;
    if (step === undefined) return;
    if (step === 'release') {
      const kind = reply.type === 'mapped' ? reply.kind : reply.type === 'refused' ? reply.of : null;
      if (kind === 'tcp' || kind === 'udp') this.#asked.delete(kind);
      if (this.#asked.size === 0) this.#finishRelease();
    } else if (reply.type === 'refused') {
      if (reply.of === null || reply.of === step) this.#giveUp(reply.reason, now);
    } else if (reply.type === 'present') {
      if (step !== 'probe') return;
      this.#request = null;
      this.#externalHost = reply.externalHost;
      this.#actions.push({ type: 'found' });
    } else if (reply.kind === step && reply.internalPort === this.#options.port) {
      if (reply.lifetimeS === 0 || reply.externalPort === 0) this.#giveUp('the gateway maps nothing', now);
      else this.#keep(step, reply, now);
    }
  }

  #keep(kind: PortKind, reply: Extract<GatewayReply, { type: 'mapped' }>, now: Millis): void {
    this.#externalHost = reply.externalHost ?? this.#externalHost;
    this.#leases.set(kind, { externalPort: reply.externalPort, expiresAt: now + reply.lifetimeS * 1000 });
    if (kind === 'tcp') this.#ask('udp', now);
    else this.#finish(now);
  }

  /** TCP is mapped, and UDP or not. */
  #finish(now: Millis): void {
    this.#request = null;
    const { limits } = this.#options;
    const leases = [...this.#leases.values()].map(({ expiresAt }) => Math.max(0, expiresAt - now) / 1000);
    this.#renewAt = renewalTime(Math.min(limits.leaseS, ...leases), limits.minRenewMs, now);
    const tcp = this.#leases.get('tcp');
    if (tcp === undefined) return;
    const mapping = {
      externalHost: this.#externalHost,
      tcpPort: tcp.externalPort,
      udpPort: this.#leases.get('udp')?.externalPort ?? null,
    };
    const told = JSON.stringify(mapping);
    if (told !== this.#told) this.#actions.push({ type: 'mapped', mapping });
    this.#told = told;
  }

  /** What was asked last came to nothing. */
  #giveUp(reason: string, now: Millis): void {
    const step = this.#request?.step;
    if (step === undefined) return;
    if (step === 'release') {
      this.#finishRelease();
      return;
    }
    if (step === 'udp') {
      this.#leases.delete('udp');
      this.#finish(now);
      return;
    }
    this.#request = null;
    const lease = this.#leases.get('tcp');
    const nextAt = lease === undefined ? now : now + Math.max(this.#options.limits.minRenewMs, (lease.expiresAt - now) / 2);
    if (lease !== undefined && nextAt < lease.expiresAt) {
      // It still stands for a while: asked again, as a gateway that restarts does not answer.
      this.#renewAt = nextAt;
      return;
    }
    this.#reset();
    this.#actions.push({ type: 'failed', reason });
  }

  #release(now: Millis): void {
    if (this.#asked.size === 0) this.#finishRelease();
    else this.#ask('release', now);
  }

  #finishRelease(): void {
    this.#reset();
    this.#actions.push({ type: 'released' });
  }
}
