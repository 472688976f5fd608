// NAT-PMP and PCP ask the same three things of a gateway by datagrams on the same port: are you there, map this, forget that. What
// differs is their bytes, which is what a codec is for; the asking is in gateway-method.ts.

import type { MappingProtocol, PortKind } from './mapping-terms.js';

/** UDP port of the gateway (RFC 6886, RFC 6887). */
export const GATEWAY_PORT = 5351;

export interface MapRequest {
  readonly kind: PortKind;
  readonly internalPort: number;
  /** What we would like; 0: no wish. */
  readonly externalPort: number;
  /** 0 deletes. */
  readonly lifetimeS: number;
}

export type GatewayReply =
  /** Answer to a probe. */
  | { readonly type: 'present'; readonly externalHost: string | null }
  | {
      readonly type: 'mapped';
      readonly kind: PortKind;
      readonly internalPort: number;
      readonly externalPort: number;
      /** 0: it is deleted. */
      readonly lifetimeS: number;
      readonly externalHost: string | null;
    }
  /** `of`: null where the gateway understood so little that it does not tell. */
  | { readonly type: 'refused'; readonly of: 'probe' | PortKind | null; readonly reason: string };

export interface GatewayCodec {
  readonly protocol: MappingProtocol;
  encodeProbe(): Uint8Array;
  encodeMap(request: MapRequest): Uint8Array;
  /** Null for what is no answer of this protocol, or none to us. */
  decode(bytes: Uint8Array): GatewayReply | null;
}
