// What a client asked of our own UDP tracker: the announce of BEP 15, back into numbers. Written from the specification and not from our
// codec, so that tests of that one don't agree with its mistakes.

import { createAddress } from '../model/address.js';
import { toHex } from '../model/ids.js';
import type { ParsedAnnounce } from './announce-query.js';

/** Of one datagram that is never cut. */
export const MAX_UDP_PEERS = 60;

const ANNOUNCE_BYTES = 98;
const EVENTS = [null, 'completed', 'started', 'stopped'] as const;

/** `remoteHost`: the client's numeric address. Null where it is no announce. */
export function readUdpAnnounce(packet: Uint8Array, remoteHost: string): ParsedAnnounce | null {
  if (packet.length < ANNOUNCE_BYTES) return null;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const address = createAddress(remoteHost, view.getUint16(96));
  const event = EVENTS[view.getUint32(80)];
  if (address === null || address.port === 0 || event === undefined) return null;
  const numwant = view.getInt32(92);
  return {
    infoHash: toHex(packet.subarray(16, 36)),
    peerId: packet.slice(36, 56),
    address,
    event,
    downloaded: Number(view.getBigUint64(56)),
    left: Number(view.getBigUint64(64)),
    uploaded: Number(view.getBigUint64(72)),
    numwant: numwant < 0 ? MAX_UDP_PEERS : numwant,
    isCompact: true,
    wantsPeerIds: false,
    key: String(view.getUint32(88)),
    trackerId: null,
  };
}
