// All ways of getting a port opened at once: each searches its gateway, the first that finds one is told to map, and the next where that
// comes to nothing. One mapping is kept: two of them through one gateway would undo each other at the end. Deterministic, as its parts.

import type { Millis } from '../../../model/time.js';
import { addressScope } from '../../../model/address-scope.js';
import { createAddress } from '../../../model/address.js';
import type { MappingMethod, MappingProtocol, MethodAction, MethodEvent, PortMapping } from './mapping-terms.js';

export type PortMappingNotice =
  | {
      readonly type: 'port-mapped';
      readonly protocol: MappingProtocol;
      /** Ours, which the others are led to. */
      readonly port: number;
      readonly mapping: PortMapping;
      /** False: what the gateway calls outside is another private network, so that it takes another gateway to let anybody in. */
      readonly isPublic: boolean;
    }
  /** Nothing worked; it is tried again, silently until it works. */
  | {
      readonly type: 'port-not-mapped';
      readonly port: number;
      readonly reasons: readonly { readonly protocol: MappingProtocol; readonly reason: string }[];
    };

export type MapperEvent =
  | { readonly type: 'start' }
  | { readonly type: 'method'; readonly protocol: MappingProtocol; readonly event: MethodEvent }
  | { readonly type: 'timeout' }
  | { readonly type: 'stop' };

export type MapperAction =
  | {
      readonly type: 'method';
      readonly protocol: MappingProtocol;
      readonly action: Extract<MethodAction, { type: 'send' | 'request' }>;
    }
  | { readonly type: 'notice'; readonly notice: PortMappingNotice }
  /** What stood stands no more, or nothing worked a while ago: begin anew, with a new mapper; it may be another network. The last one. */
  | { readonly type: 'restart' }
  /** Everything is given back. The last one. */
  | { readonly type: 'stopped' };

export interface PortMapperOptions {
  readonly port: number;
  readonly methods: readonly MappingMethod[];
  /** What could not even be tried, for the notice. */
  readonly missing: readonly { readonly protocol: MappingProtocol; readonly reason: string }[];
  readonly retryMs: number;
}

export class PortMapper {
  readonly #options: PortMapperOptions;
  /** Found and not told to map yet. */
  #found: MappingMethod[] = [];
  #active: MappingMethod | null = null;
  #isMapped = false;
  readonly #failures = new Map<MappingProtocol, string>();
  #retryAt: Millis | null = null;
  #isStopping = false;
  #actions: MapperAction[] = [];

  constructor(options: PortMapperOptions) {
    this.#options = options;
  }

  handle(event: MapperEvent, now: Millis): MapperAction[] {
    this.#actions = [];
    switch (event.type) {
      case 'start':
        this.#begin(now);
        break;
      case 'method': {
        const method = this.#options.methods.find(({ protocol }) => protocol === event.protocol);
        if (method !== undefined) this.#drive(method, event.event, now);
        break;
      }
      case 'timeout':
        this.#timeout(now);
        break;
      case 'stop':
        this.#stop(now);
        break;
    }
    return this.#actions;
  }

  nextTimeout(): Millis | null {
    const due = this.#options.methods.map((method) => method.nextTimeout());
    return [...due, this.#retryAt].reduce((next, at) => (at !== null && (next === null || at < next) ? at : next), null);
  }

  #begin(now: Millis): void {
    for (const { protocol, reason } of this.#options.missing) this.#failures.set(protocol, reason);
    for (const method of this.#options.methods) this.#drive(method, { type: 'search' }, now);
    this.#settle(now);
  }

  #timeout(now: Millis): void {
    for (const method of this.#options.methods) {
      const due = method.nextTimeout();
      if (due !== null && now >= due) this.#drive(method, { type: 'timeout' }, now);
    }
    if (this.#retryAt !== null && now >= this.#retryAt) this.#restart();
  }

  #restart(): void {
    this.#isStopping = true;
    this.#retryAt = null;
    this.#actions.push({ type: 'restart' });
  }

  #drive(method: MappingMethod, event: MethodEvent, now: Millis): void {
    for (const action of method.handle(event, now)) this.#execute(method, action, now);
  }

  #execute(method: MappingMethod, action: MethodAction, now: Millis): void {
    const { protocol } = method;
    switch (action.type) {
      case 'send':
      case 'request':
        this.#actions.push({ type: 'method', protocol, action });
        break;
      case 'found':
        if (this.#isStopping) break;
        if (this.#isMapped) this.#drive(method, { type: 'release' }, now);
        else this.#found.push(method);
        this.#mapNext(now);
        break;
      case 'mapped':
        this.#hearMapped(method, action.mapping, now);
        break;
      case 'failed':
        this.#hearFailed(method, action.reason, now);
        break;
      case 'released':
        if (this.#isStopping && this.#active === method) this.#actions.push({ type: 'stopped' });
        break;
    }
  }

  #mapNext(now: Millis): void {
    if (this.#active !== null) return;
    this.#active = this.#found.shift() ?? null;
    if (this.#active !== null) this.#drive(this.#active, { type: 'map' }, now);
  }

  #hearMapped(method: MappingMethod, mapping: PortMapping, now: Millis): void {
    if (this.#isStopping || this.#active !== method) return;
    if (!this.#isMapped) {
      this.#isMapped = true;
      this.#found = [];
      // The others have mapped nothing: they just end.
      for (const other of this.#options.methods) if (other !== method) this.#drive(other, { type: 'release' }, now);
    }
    const external = mapping.externalHost === null ? null : createAddress(mapping.externalHost, mapping.tcpPort);
    const isPublic = external === null || addressScope(external) === 'global';
    const { port } = this.#options;
    this.#actions.push({ type: 'notice', notice: { type: 'port-mapped', protocol: method.protocol, port, mapping, isPublic } });
  }

  #hearFailed(method: MappingMethod, reason: string, now: Millis): void {
    if (this.#isStopping) {
      if (this.#active === method) this.#actions.push({ type: 'stopped' });
      return;
    }
    this.#failures.set(method.protocol, reason);
    this.#found = this.#found.filter((other) => other !== method);
    if (this.#active === method) {
      this.#active = null;
      if (this.#isMapped) {
        this.#restart();
        return;
      }
    }
    this.#mapNext(now);
    this.#settle(now);
  }

  /** Tells that nothing is left to be tried. */
  #settle(now: Millis): void {
    const { methods, port, retryMs } = this.#options;
    if (this.#active !== null || this.#retryAt !== null || methods.some(({ protocol }) => !this.#failures.has(protocol))) return;
    this.#retryAt = now + retryMs;
    const reasons = Array.from(this.#failures, ([protocol, reason]) => ({ protocol, reason }));
    this.#actions.push({ type: 'notice', notice: { type: 'port-not-mapped', port, reasons } });
  }

  #stop(now: Millis): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#retryAt = null;
    const active = this.#active;
    for (const method of this.#options.methods) if (method !== active) this.#drive(method, { type: 'release' }, now);
    if (active === null) this.#actions.push({ type: 'stopped' });
    else this.#drive(active, { type: 'release' }, now);
  }
}
