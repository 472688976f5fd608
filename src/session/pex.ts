// Peer exchange (BEP 11) of a session: the addresses that peers name are taken into the book, and each peer that wants to know is told
// whom we are connected to, first soon after its extended handshake and then, once a minute at most, what has changed. Never for
// private torrents (BEP 27).

import { mayName } from '../model/address-scope.js';
import { addressKey, type AddressKey } from '../model/address.js';
import { encodePexMessage, PEX_FLAGS, type PexPeer } from '../wire/ut-pex.js';
import { WireError } from '../wire/wire-error.js';
import { dropPeer } from './departure.js';
import type { Peer } from './peer.js';
import type { SessionSettings, SessionState } from './session-state.js';

export function exchangesPeers(settings: SessionSettings): boolean {
  return settings.usesPex && !settings.isPrivate;
}

/** What came under our id of ut_pex. Whoever sends too much, or what can't be read, is dropped. */
export function handlePexMessage(state: SessionState, peer: Peer, payload: Uint8Array): void {
  if (!exchangesPeers(state.settings)) return;
  const named = read(state, peer, payload);
  if (named === null || named.length === 0) return;
  const added = state.book.addNamed(named, state.now);
  state.notice({ type: 'addresses-found', source: 'pex', count: named.length, added });
}

function read(state: SessionState, peer: Peer, payload: Uint8Array): PexPeer[] | null {
  try {
    // Two seeds have nothing to give each other.
    const named = peer.pexIntake.take(payload, peer.identity.remote, !state.isComplete, state.limits, state.now);
    if (named === null) dropPeer(state, peer, 'flooding');
    return named;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    dropPeer(state, peer, 'protocol-error');
    return null;
  }
}

/** Tells the peer what it does not know yet, where it wants to hear and its minute is over. Called about once a second. */
export function tellPeers(state: SessionState, peer: Peer): void {
  const { pexTold: told } = peer;
  if (peer.pexId === 0 || told.membership === state.membership || !exchangesPeers(state.settings)) return;
  if (told.at !== null && state.now < told.at + state.limits.pexIntervalMs) return;
  const connected = othersOf(state, peer);
  const unknown = [...connected].filter(([key]) => !told.addresses.has(key));
  const gone = [...told.addresses].filter(([key]) => !connected.has(key));
  const added = unknown.slice(0, state.limits.maxPexPeers);
  const dropped = gone.slice(0, state.limits.maxPexPeers);
  // What does not fit into this message goes with the next.
  if (added.length === unknown.length && dropped.length === gone.length) told.membership = state.membership;
  if (added.length === 0 && dropped.length === 0) return;
  for (const [key, { address }] of added) told.addresses.set(key, address);
  for (const [key] of dropped) told.addresses.delete(key);
  told.at = state.now;
  const payload = encodePexMessage({ added: added.map(([, named]) => named), dropped: dropped.map(([, address]) => address) });
  state.send(peer, { type: 'extended', id: peer.pexId, payload });
}

/** Who else is connected and can be dialled from where the peer is. */
function othersOf(state: SessionState, peer: Peer): Map<AddressKey, PexPeer> {
  const own = addressKey(peer.displayAddress);
  const others = new Map<AddressKey, PexPeer>();
  for (const { address, isSeed, uploadOnlySince, identity } of state.peers.values()) {
    if (address === null || !mayName(peer.identity.remote, address)) continue;
    const key = addressKey(address);
    const flags =
      (isSeed || uploadOnlySince !== null ? PEX_FLAGS.isSeed : 0) |
      (identity.incoming ? 0 : PEX_FLAGS.isReachable) |
      (identity.isEncrypted === true ? PEX_FLAGS.prefersEncryption : 0);
    if (key !== own) others.set(key, { address, flags });
  }
  return others;
}
