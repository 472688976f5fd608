// UPnP with whatever gateway answers a search, without sockets: search, fetch the description, ask a service for the external address,
// map TCP and then UDP, renew at half the lease, delete at the end. One request at a time, but at the end, when there is no time.

import type { Address } from '../../../model/address.js';
import type { Random } from '../../../model/random.js';
import type { Millis } from '../../../model/time.js';
import {
  decodeDescription,
  decodeSoapAnswer,
  encodeAddCall,
  encodeAddressCall,
  encodeDeleteCall,
  IGD_ERRORS,
  type SoapAnswer,
} from './igd-messages.js';
import {
  renewalTime,
  type MappingLimits,
  type MappingMethod,
  type MethodAction,
  type MethodEvent,
  type PortKind,
  type SoapCall,
} from './mapping-terms.js';
import { decodeSearchAnswer, encodeSearches, localUrl } from './ssdp.js';

interface Device {
  readonly host: Address;
  readonly location: string;
}

interface Service {
  readonly type: string;
  readonly url: string;
}

type Step = 'description' | 'address' | PortKind;

export interface UpnpMethodOptions {
  readonly port: number;
  /** Where searches go, as in their HOST line. */
  readonly group: string;
  readonly random: Random;
  readonly limits: MappingLimits;
}

export class UpnpMethod implements MappingMethod {
  readonly protocol = 'UPnP';
  readonly #options: UpnpMethodOptions;
  /** Null while nothing is searched for. */
  #search: { endsAt: Millis; repeatAt: Millis | null } | null = null;
  #devices: Device[] = [];
  /** Of `#devices`, those whose turn has come. */
  #deviceCount = 0;
  #services: Service[] = [];
  #service: Service | null = null;
  #request: { id: number; step: Step } | null = null;
  readonly #deleting = new Set<number>();
  #nextRequest = 1;
  #localHost = '';
  #externalHost: string | null = null;
  #leaseS: number;
  #externalPort: number;
  #portTries = 0;
  readonly #asked = new Set<PortKind>();
  #hasUdp = false;
  #expiresAt: Millis | null = null;
  #renewAt: Millis | null = null;
  #isReleasing = false;
  #told = '';
  #reason = '';
  #actions: MethodAction[] = [];

  constructor(options: UpnpMethodOptions) {
    this.#options = options;
    this.#leaseS = options.limits.leaseS;
    this.#externalPort = options.port;
  }

  handle(event: MethodEvent, now: Millis): MethodAction[] {
    this.#actions = [];
    switch (event.type) {
      case 'search':
        this.#begin(now);
        break;
      case 'map':
        this.#add('tcp');
        break;
      case 'release':
        this.#release();
        break;
      case 'datagram':
        this.#hearDevice(event.from, event.bytes);
        break;
      case 'unreachable':
        this.#reason = 'there is no way to the local network';
        break;
      case 'answered':
        this.#hearAnswer(event, now);
        break;
      case 'request-failed':
        this.#hearFailure(event.request, event.message, now);
        break;
      case 'timeout':
        this.#timeout(now);
        break;
    }
    return this.#actions;
  }

  nextTimeout(): Millis | null {
    if (this.#search !== null) return this.#search.repeatAt ?? this.#search.endsAt;
    return this.#request === null ? this.#renewAt : null;
  }

  #begin(now: Millis): void {
    this.#reset();
    const { searchMs, searchRepeatMs } = this.#options.limits;
    this.#search = { endsAt: now + searchMs, repeatAt: now + searchRepeatMs };
    this.#reason = 'no gateway answers';
    this.#sendSearches();
  }

  #reset(): void {
    this.#search = null;
    this.#devices = [];
    this.#deviceCount = 0;
    this.#services = [];
    this.#service = null;
    this.#request = null;
    this.#deleting.clear();
    this.#leaseS = this.#options.limits.leaseS;
    this.#externalPort = this.#options.port;
    this.#portTries = 0;
    this.#asked.clear();
    this.#hasUdp = false;
    this.#expiresAt = null;
    this.#renewAt = null;
    this.#isReleasing = false;
    this.#told = '';
  }

  #sendSearches(): void {
    for (const bytes of encodeSearches(this.#options.group)) this.#actions.push({ type: 'send', bytes });
  }

  #timeout(now: Millis): void {
    const search = this.#search;
    if (search === null) {
      if (this.#request === null && this.#renewAt !== null && now >= this.#renewAt) this.#askAddress();
      return;
    }
    if (search.repeatAt !== null && now >= search.repeatAt) {
      search.repeatAt = null;
      this.#sendSearches();
    }
    if (now < search.endsAt) return;
    this.#search = null;
    if (this.#request === null) this.#tryNext();
  }

  #hearDevice(from: Address, bytes: Uint8Array): void {
    if (this.#search === null || this.#devices.length >= this.#options.limits.maxDevices) return;
    const location = localUrl(decodeSearchAnswer(bytes) ?? '', from);
    if (location === null || this.#devices.some((device) => device.location === location)) return;
    this.#devices.push({ host: from, location });
    if (this.#request === null && this.#service === null) this.#tryNext();
  }

  /** The next service of the device, or the next device; the end where there is none and the search is over. */
  #tryNext(): void {
    this.#service = this.#services.shift() ?? null;
    if (this.#service !== null) {
      this.#askAddress();
      return;
    }
    const device = this.#devices.at(this.#deviceCount);
    if (device !== undefined) {
      this.#deviceCount++;
      this.#ask('description', device.location, null);
    } else if (this.#search === null) this.#fail(this.#reason);
  }

  #ask(step: Step, url: string, call: SoapCall | null): void {
    const id = this.#nextRequest++;
    this.#request = { id, step };
    this.#actions.push({ type: 'request', request: id, url, call });
  }

  #askAddress(): void {
    const service = this.#service;
    if (service !== null) this.#ask('address', service.url, encodeAddressCall(service.type));
  }

  #add(kind: PortKind): void {
    const service = this.#service;
    if (service === null) return;
    this.#asked.add(kind);
    const { port } = this.#options;
    const internalHost = this.#localHost;
    const mapping = { kind, externalPort: this.#externalPort, internalPort: port, internalHost, leaseS: this.#leaseS };
    this.#ask(kind, service.url, encodeAddCall(service.type, mapping));
  }

  #hearAnswer(event: Extract<MethodEvent, { type: 'answered' }>, now: Millis): void {
    if (this.#deleting.delete(event.request)) {
      if (this.#deleting.size === 0) this.#finishRelease();
      return;
    }
    if (this.#request?.id !== event.request || this.#isReleasing) return;
    const { step } = this.#request;
    this.#request = null;
    if (step === 'description') {
      if (event.status === 200) this.#takeServices(event.body);
      else this.#reason = `its description is answered by HTTP status ${event.status}`;
      this.#tryNext();
      return;
    }
    const answer = decodeSoapAnswer(event.status, event.body);
    if (step === 'address') this.#hearAddress(answer, event.localHost, now);
    else if (answer.isOk) this.#keep(step, now);
    else this.#hearRefusal(step, answer, event.status, now);
  }

  #takeServices(body: Uint8Array): void {
    const device = this.#devices[this.#deviceCount - 1];
    const { baseUrl, services } = decodeDescription(body);
    const base = (baseUrl === null ? null : localUrl(baseUrl, device.host)) ?? device.location;
    for (const { type, controlUrl } of services) {
      const url = localUrl(controlUrl, device.host, base);
      if (url !== null) this.#services.push({ type, url });
    }
    if (this.#services.length === 0) this.#reason = 'the gateway has no service that maps ports';
  }

  #hearAddress({ isOk, externalHost }: SoapAnswer, localHost: string, now: Millis): void {
    if (this.#expiresAt !== null) {
      // A renewal: the address may have changed, and is not worth giving up for.
      if (isOk) this.#externalHost = externalHost;
      this.#localHost = localHost;
      this.#add('tcp');
      return;
    }
    if (!isOk || externalHost === null) {
      this.#reason = 'the gateway tells no address of its own';
      this.#endStep('address', now);
      return;
    }
    this.#externalHost = externalHost;
    this.#localHost = localHost;
    this.#search = null;
    this.#actions.push({ type: 'found' });
  }

  #keep(kind: PortKind, now: Millis): void {
    if (kind === 'tcp') {
      this.#expiresAt = now + this.#options.limits.leaseS * 1000;
      this.#add('udp');
      return;
    }
    this.#hasUdp = true;
    this.#finish(now);
  }

  #hearRefusal(kind: PortKind, { errorCode }: SoapAnswer, status: number, now: Millis): void {
    const { limits, random } = this.#options;
    const isTaken = errorCode === IGD_ERRORS.conflict || errorCode === IGD_ERRORS.conflictWithOther;
    if (errorCode === IGD_ERRORS.onlyPermanentLeases && this.#leaseS > 0) {
      this.#leaseS = 0;
      this.#add(kind);
    } else if (kind === 'tcp' && isTaken && this.#expiresAt === null && ++this.#portTries < limits.maxPortTries) {
      this.#externalPort = 49_152 + random.below(16_384);
      this.#add(kind);
    } else {
      this.#asked.delete(kind);
      this.#reason = isTaken ? 'the port is taken' : `the gateway refuses (${errorCode ?? `HTTP status ${status}`})`;
      this.#endStep(kind, now);
    }
  }

  #hearFailure(request: number, message: string, now: Millis): void {
    if (this.#deleting.delete(request)) {
      if (this.#deleting.size === 0) this.#finishRelease();
      return;
    }
    if (this.#request?.id !== request || this.#isReleasing) return;
    const { step } = this.#request;
    this.#request = null;
    this.#reason = message;
    this.#endStep(step, now);
  }

  /** The step came to nothing. */
  #endStep(step: Step, now: Millis): void {
    if (step === 'udp') {
      this.#hasUdp = false;
      this.#finish(now);
    } else if (this.#expiresAt !== null) {
      // It still stands for a while: asked again, as a gateway that restarts does not answer.
      const nextAt = now + Math.max(this.#options.limits.minRenewMs, (this.#expiresAt - now) / 2);
      if (nextAt < this.#expiresAt) this.#renewAt = nextAt;
      else this.#fail(this.#reason);
    } else if (step === 'tcp') this.#fail(this.#reason);
    else this.#tryNext();
  }

  #finish(now: Millis): void {
    const { limits } = this.#options;
    this.#renewAt = renewalTime(limits.leaseS, limits.minRenewMs, now);
    const tcpPort = this.#externalPort;
    const mapping = { externalHost: this.#externalHost, tcpPort, udpPort: this.#hasUdp ? tcpPort : null };
    const told = JSON.stringify(mapping);
    if (told !== this.#told) this.#actions.push({ type: 'mapped', mapping });
    this.#told = told;
  }

  #fail(reason: string): void {
    this.#reset();
    this.#actions.push({ type: 'failed', reason });
  }

  #release(): void {
    const service = this.#service;
    this.#isReleasing = true;
    this.#search = null;
    this.#renewAt = null;
    if (service === null || this.#asked.size === 0) {
      this.#finishRelease();
      return;
    }
    for (const kind of this.#asked) {
      const request = this.#nextRequest++;
      this.#deleting.add(request);
      const call = encodeDeleteCall(service.type, kind, this.#externalPort);
      this.#actions.push({ type: 'request', request, url: service.url, call });
    }
  }

  #finishRelease(): void {
    this.#reset();
    this.#actions.push({ type: 'released' });
  }
}
