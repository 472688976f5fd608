// A Session under a test's own hands: small, one block a piece, with helpers for the events that every test needs.

import { createAddress, type Address } from '../../src/model/address.js';
import { Bitfield } from '../../src/model/bitfield.js';
import { ExternalAddresses } from '../../src/model/external-addresses.js';
import { Geometry } from '../../src/model/geometry.js';
import { toPeerKey, type PeerKey, type PieceIndex } from '../../src/model/ids.js';
import { createRandom } from '../../src/model/random.js';
import type { SessionAction } from '../../src/session/actions.js';
import type { SessionEvent } from '../../src/session/events.js';
import type { PiecePlan } from '../../src/session/piece-plan.js';
import { Session } from '../../src/session/session.js';
import type { SessionSettings } from '../../src/session/session-state.js';
import type { PeerFeatures } from '../../src/wire/handshake.js';
import type { Message, MessageType } from '../../src/wire/message.js';
import type { EncryptionPolicy } from '../../src/wire/mse/encryption-policy.js';
import { SIM_LIMITS } from './sim/limits.js';
import { SimBudget } from './sim/sim-budget.js';

export const BLOCK = 16_384;

export function addressAt(serial: number, host = `10.0.0.${serial}`): Address {
  const address = createAddress(host, 6000 + serial);
  if (address === null) throw new Error(`no address: ${host}`);
  return address;
}

export class SessionDriver {
  readonly session: Session;
  readonly budget = new SimBudget(1e9);
  readonly externalAddresses = new ExternalAddresses(10);
  readonly actions: SessionAction[] = [];
  now = 0;

  constructor(
    pieces: number,
    options: {
      have?: Bitfield;
      seeds?: boolean;
      superSeeds?: boolean;
      limits?: Partial<typeof SIM_LIMITS>;
      ownId?: number;
      infoBytes?: Uint8Array;
      isPrivate?: boolean;
      usesPex?: boolean;
      encryption?: EncryptionPolicy;
      /** It reads; nothing is in its window yet. */
      reads?: boolean;
      /** What was read stays. */
      holdsRead?: boolean;
      plan?: PiecePlan | null;
      /** Of each piece; 1 where it is left out. */
      blocks?: number;
    } = {},
  ) {
    const pieceLength = (options.blocks ?? 1) * BLOCK;
    const settings: SessionSettings = {
      infoHash: { v1: new Uint8Array(20) },
      geometry: new Geometry(pieces * pieceLength, pieceLength),
      limits: { ...SIM_LIMITS, ...options.limits },
      peerId: new Uint8Array(20).fill(options.ownId ?? 100),
      listenPort: 6881,
      clientVersion: 'test 1',
      infoBytes: options.infoBytes ?? new Uint8Array(),
      isPrivate: options.isPrivate === true,
      usesPex: options.usesPex !== false,
      encryption: options.encryption ?? 'prefer',
      externalAddresses: this.externalAddresses,
      plan: options.plan ?? null,
      seeds: options.seeds === true,
      superSeeds: options.superSeeds === true,
      reads: options.reads === true,
      holdsRead: options.holdsRead === true,
    };
    this.session = new Session(settings, createRandom(1), this.budget, () => false, 0);
    this.handle({ type: 'checked', have: options.have ?? new Bitfield(pieces) });
  }

  /** What follows from the event; kept in `actions` too. */
  handle(event: SessionEvent): readonly SessionAction[] {
    const actions = this.session.handle(event, this.now);
    this.actions.push(...actions);
    return actions;
  }

  /** A peer comes (or was dialled): its key is its serial, its address ends in it. */
  connect(
    serial: number,
    options: { incoming?: boolean; id?: number; address?: Address; features?: PeerFeatures; isEncrypted?: boolean } = {},
  ): PeerKey {
    const peer = toPeerKey(serial);
    const address = options.address ?? addressAt(serial);
    const incoming = options.incoming === true;
    this.handle({
      type: 'peer-connected',
      peer,
      peerId: new Uint8Array(20).fill(options.id ?? serial),
      address: incoming ? null : address,
      remote: address,
      incoming,
      features: options.features ?? { fast: true, extended: true, dht: false },
      isEncrypted: options.isEncrypted === true,
    });
    return peer;
  }

  say(peer: PeerKey, message: Message): readonly SessionAction[] {
    return this.handle({ type: 'message', peer, message });
  }

  /** The block that makes up a piece comes from the peer. */
  deliver(peer: PeerKey, piece: number): readonly SessionAction[] {
    return this.handle({ type: 'block-received', peer, piece: piece as PieceIndex, begin: 0, length: BLOCK, kept: true });
  }

  /** Lets virtual time pass, with every timeout in between. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let due = this.session.nextTimeout(); due !== null && due <= end; due = this.session.nextTimeout()) {
      this.now = Math.max(this.now, due);
      this.handle({ type: 'timeout' });
    }
    this.now = end;
  }

  /** Messages of a type sent to the peer, so far. */
  sent(peer: PeerKey, type: MessageType): Message[] {
    return this.actions.flatMap((action) =>
      action.type === 'send' && action.peer === peer && action.message.type === type ? [action.message] : [],
    );
  }

  /** Pieces asked of the peer, so far. */
  asked(peer: PeerKey): number[] {
    return this.sent(peer, 'request').flatMap((message) => (message.type === 'request' ? [message.piece] : []));
  }

  disconnects(): string[] {
    return this.actions.flatMap((action) => (action.type === 'disconnect' ? [`${action.peer} ${action.reason}`] : []));
  }

  noticed(type: string): number {
    return this.actions.filter((action) => action.type === 'notice' && action.notice.type === type).length;
  }
}
