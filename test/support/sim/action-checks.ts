// What a session may say and do, checked at the moment it does it: requests it may make, addresses it may dial, and how much
// harm one liar may do before it is banned.

import { addressKey, type Address, type AddressKey } from '../../../src/model/address.js';
import type { Bitfield } from '../../../src/model/bitfield.js';
import type { PeerKey, PieceIndex } from '../../../src/model/ids.js';
import type { SessionLimits } from '../../../src/session/limits.js';
import type { Notice } from '../../../src/session/notices.js';
import type { Session } from '../../../src/session/session.js';
import type { Message } from '../../../src/wire/message.js';
import type { Content } from './content.js';
import type { SimLink } from './sim-link.js';
import { must } from './violation.js';
import type { WireMirror } from './wire-mirror.js';
import type { World } from './world.js';

/** Pieces one peer may spoil before its address is banned. */
const MAX_BAD_PIECES = 2;

/** What says that we have something, or would send it. */
const PROMISES: ReadonlySet<string> = new Set(['have', 'have-all', 'bitfield', 'allowed-fast', 'unchoke']);

export class ActionChecks {
  readonly #world: World;
  readonly #content: Content;
  readonly #limits: SessionLimits;
  readonly #links: ReadonlyMap<PeerKey, SimLink>;
  readonly #mirrors: ReadonlyMap<PeerKey, WireMirror>;
  readonly #wanted: Bitfield | null;
  readonly #banned = new Set<AddressKey>();
  /** Bad pieces by connection, for connections that stayed. */
  readonly #badPieces = new Map<PeerKey, number>();

  constructor(
    world: World,
    content: Content,
    limits: SessionLimits,
    links: ReadonlyMap<PeerKey, SimLink>,
    mirrors: ReadonlyMap<PeerKey, WireMirror>,
    wanted: Bitfield | null,
  ) {
    this.#world = world;
    this.#content = content;
    this.#limits = limits;
    this.#links = links;
    this.#mirrors = mirrors;
    this.#wanted = wanted;
  }

  get bannedCount(): number {
    return this.#banned.size;
  }

  send(session: Session, key: PeerKey, message: Message): void {
    const { window } = session.inspect();
    const isHeld =
      message.type === 'have' &&
      window?.has(message.piece as PieceIndex) === true &&
      session.hasPiece(message.piece as PieceIndex);
    must(window === null || isHeld || !PROMISES.has(message.type), 'who reads promises nothing but what it holds', () => ({
      ...message,
    }));
    if (message.type !== 'request') return;
    const mirror = this.#mirrors.get(key);
    const peer = session.inspect().peers.get(key);
    const piece = this.#content.geometry.validatePieceIndex(message.piece);
    must(mirror !== undefined && piece !== null, 'a request names a piece', () => ({ ...message }));
    const detail = (): Record<string, unknown> => ({ ...message, key, open: mirror.asked.size });
    must(mirror.mayAsk(piece), 'nothing is asked of a peer that chokes us', detail);
    must(mirror.have.has(piece), 'nothing is asked of a peer that has not got it', detail);
    must(mirror.amInterested, 'only who is interested asks', detail);
    must(!session.hasPiece(piece), 'nothing is asked that we have', detail);
    must(this.#wanted?.has(piece) !== false, 'nothing is asked that was not chosen', detail);
    must(!mirror.hasAsked(message), 'a block is asked of a peer once at a time', detail);
    must(
      this.#content.geometry.validateBlock(piece, message.begin, message.length) !== null,
      'whole blocks are asked for',
      detail,
    );
    const isPadding = this.#content.isPadding(piece, message.begin / 16_384);
    must(!isPadding, 'padding is not asked for', detail);
    if (peer === undefined) return; // dropped later in the same event
    must(mirror.asked.size < this.#limits.maxDepth, 'no more is asked than the limit', detail);
    must(peer.requests.length <= peer.requests.depth, 'no more is asked than the depth', detail);
  }

  dial(address: Address): void {
    must(!this.#banned.has(addressKey(address)), 'a banned address is never dialled', () => ({ address: addressKey(address) }));
  }

  notice(notice: Notice): void {
    if (notice.type !== 'peer-banned') return;
    this.#banned.add(addressKey(notice.address));
    const node = this.#world.nodeAt(notice.address);
    must(node === undefined || !node.isHonest, 'nobody honest is banned', () => ({ name: node?.name, piece: notice.piece }));
  }

  /** A piece failed its hash; `sources` sent bad blocks of it. */
  badPiece(sources: ReadonlySet<PeerKey>): void {
    must(sources.size > 0, 'a piece fails because somebody sent bad data');
    for (const key of sources) {
      const link = this.#links.get(key);
      if (link === undefined) continue;
      const count = (this.#badPieces.get(key) ?? 0) + 1;
      this.#badPieces.set(key, count);
      must(count <= MAX_BAD_PIECES, 'a liar spoils two pieces at most', () => ({ name: link.far.node.name, count }));
    }
  }
}
