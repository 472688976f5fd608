// What the ways of getting a port opened have in common: each is a machine without sockets that is told to search, then to map, later
// to release, and answers with what is to be sent and how it went. So the mapper above them need not know which is which.

import type { Address } from '../../../model/address.js';
import type { Millis } from '../../../model/time.js';

export type MappingProtocol = 'NAT-PMP' | 'PCP' | 'UPnP';

export type PortKind = 'tcp' | 'udp';

export interface PortMapping {
  /** Numeric; null where the gateway does not tell. */
  readonly externalHost: string | null;
  readonly tcpPort: number;
  /** Null: TCP alone. */
  readonly udpPort: number | null;
}

export interface SoapCall {
  readonly serviceType: string;
  readonly action: string;
  /** XML. */
  readonly body: string;
}

export type MethodEvent =
  /** Is there a gateway that speaks it? Answered by `found` or `failed`. Also after an end, to begin anew. */
  | { readonly type: 'search' }
  /** After `found`: answered by `mapped` or `failed`. From then on the mapping is renewed. */
  | { readonly type: 'map' }
  /** At any time: answered by one `released`, at once where nothing has been asked for. */
  | { readonly type: 'release' }
  /** Whatever came to its socket. */
  | { readonly type: 'datagram'; readonly from: Address; readonly bytes: Uint8Array }
  /** What was sent found nobody, or no way. */
  | { readonly type: 'unreachable' }
  /** An HTTP request was answered, with any status. `localHost`: our end of the connection. */
  | {
      readonly type: 'answered';
      readonly request: number;
      readonly status: number;
      readonly body: Uint8Array;
      readonly localHost: string;
    }
  | { readonly type: 'request-failed'; readonly request: number; readonly message: string }
  /** `nextTimeout()` has come. */
  | { readonly type: 'timeout' };

export type MethodAction =
  /** A datagram: to the gateway, or to the group that is searched. */
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** HTTP: GET, or POST where there is a call. Answered once, in bounded time. */
  | { readonly type: 'request'; readonly request: number; readonly url: string; readonly call: SoapCall | null }
  | { readonly type: 'found' }
  /** It stands; again whenever something in it has changed. */
  | { readonly type: 'mapped'; readonly mapping: PortMapping }
  /** The end: never found, refused, or lost. For people; texts from outside are printable and bounded. */
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'released' };

export interface MappingMethod {
  readonly protocol: MappingProtocol;
  /** Never throws, whatever a remote sends. */
  handle(event: MethodEvent, now: Millis): MethodAction[];
  nextTimeout(): Millis | null;
}

export interface MappingLimits {
  /** Asked for; a gateway may give another time. Seconds. */
  readonly leaseS: number;
  /** A mapping is renewed at half its time, and not sooner than this. */
  readonly minRenewMs: number;
  /** Nothing worked: it is tried anew after so long. */
  readonly retryMs: number;
  /** How long devices are waited for (UPnP). */
  readonly searchMs: number;
  /** From one search to the next: multicast gets lost. */
  readonly searchRepeatMs: number;
  /** Devices looked at. */
  readonly maxDevices: number;
  /** External ports tried where one is taken. */
  readonly maxPortTries: number;
  /** Datagrams to the gateway: the first wait, which doubles, and how often in all. */
  readonly natPmp: RetransmitLimits;
  readonly pcp: RetransmitLimits;
}

export interface RetransmitLimits {
  readonly firstWaitMs: number;
  readonly attempts: number;
}

/** Of a lease that began at `now`: when to renew it. */
export function renewalTime(leaseS: number, minRenewMs: number, now: Millis): Millis {
  // A day is enough, whatever a gateway grants: it may forget at its next restart.
  return now + Math.min(24 * 3_600_000, Math.max(minRenewMs, leaseS * 500));
}
