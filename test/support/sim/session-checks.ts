// The invariants of a session, checked after every event against its own parts, its disk, its budget and what its
// connections really said.

import type { Bitfield } from '../../../src/model/bitfield.js';
import { BLOCK_LENGTH } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import type { Session } from '../../../src/session/session.js';
import type { SessionLimits } from '../../../src/session/limits.js';
import type { Content } from './content.js';
import type { SimBudget } from './sim-budget.js';
import type { SimDisk } from './sim-disk.js';
import { must } from './violation.js';
import type { WireMirror } from './wire-mirror.js';

export interface CheckedParts {
  readonly session: Session;
  readonly content: Content;
  readonly limits: SessionLimits;
  readonly disk: SimDisk;
  readonly budget: SimBudget;
  readonly mirrors: ReadonlyMap<number, WireMirror>;
  readonly halfOpen: number;
  /** Pieces that were chosen; null: all. */
  readonly wanted: Bitfield | null;
}

export function checkSession(parts: CheckedParts, isThorough: boolean): void {
  checkPieces(parts);
  checkRequests(parts);
  checkLeases(parts);
  checkUploads(parts);
  if (isThorough) {
    checkCounts(parts);
    checkProbation(parts);
  }
}

function checkPieces({ session, content, budget, wanted }: CheckedParts): void {
  const { tracker, window } = session.inspect();
  const { geometry } = content;
  let reserved = 0;
  let partial = 0;
  for (const open of tracker.openPieces()) {
    reserved += geometry.pieceLength(open.piece);
    must(!open.isWhole, 'a whole piece is stored at once', () => ({ piece: open.piece }));
    if (open.unrequested > 0) partial++;
  }
  const storing = [...tracker.storingPieces()];
  for (const { piece } of storing) reserved += geometry.pieceLength(piece);
  must(partial === [...tracker.partialPieces()].length, 'partial pieces are the open ones with unrequested blocks');
  must(reserved === budget.reserved, 'open pieces and nothing else hold the budget', () => ({
    reserved,
    budget: budget.reserved,
  }));
  let open = 0;
  for (const piece of geometry.pieces()) {
    const claims =
      Number(tracker.picker.isPickable(piece)) +
      Number(tracker.claimantOf(piece) !== undefined) +
      Number(tracker.openPiece(piece) !== undefined) +
      Number(storing.some((other) => other.piece === piece)) +
      Number(tracker.have.has(piece));
    checkClaim(session, piece);
    const isLeftOut =
      (wanted?.has(piece) === false && !tracker.have.has(piece)) ||
      (window?.has(piece) === false && tracker.stateOf(piece) !== 'storing');
    must(
      claims === (isLeftOut ? 0 : 1),
      'a piece is in exactly one state, one that is not wanted or in no window in none',
      () => ({
        piece,
        claims,
      }),
    );
    if (tracker.openPiece(piece) !== undefined) open++;
  }
  must(open + storing.length === tracker.openCount, 'open pieces are counted');
}

function checkClaim(session: Session, piece: PieceIndex): void {
  const { tracker, webSeeds } = session.inspect();
  const key = tracker.claimantOf(piece);
  if (key === undefined) return;
  const run = webSeeds.linkOf(key)?.run;
  must(run !== undefined && run !== null && piece >= run.first && piece < run.end, 'a claimed piece is in a run', () => ({
    piece,
    key,
  }));
}

function checkRequests({ session, mirrors }: CheckedParts): void {
  const { tracker, peers } = session.inspect();
  let asked = 0;
  for (const [key, peer] of peers) {
    const mirror = mirrors.get(key);
    must(mirror !== undefined, 'a peer has a connection', () => ({ key }));
    must(peer.requests.length === mirror.asked.size, 'requests agree with what was said on the wire', () => ({
      key,
      session: [...peer.requests].map(({ piece, block }) => `${piece}:${block * BLOCK_LENGTH}`),
      wire: [...mirror.asked],
    }));
    must(peer.peerChoking === mirror.peerChoking && peer.amChoking === mirror.amChoking, 'choking agrees with the wire', () => ({
      key,
    }));
    for (const { piece, block } of peer.requests) {
      asked++;
      const open = tracker.openPiece(piece);
      const isKnown = open?.isAskedOf(block, key) === true && !open.isReceived(block);
      must(
        isKnown && mirror.hasAsked({ piece, begin: block * BLOCK_LENGTH }),
        'a request is for a missing block of an open piece',
        () => ({
          key,
          piece,
          block,
        }),
      );
    }
  }
  must(peers.size === mirrors.size, 'a connection has a peer', () => ({ peers: peers.size, connections: mirrors.size }));
  for (const link of session.inspect().webSeeds.links()) {
    for (const open of tracker.openPieces()) {
      for (let block = 0; block < open.blockCount; block++) {
        if (!open.isAskedOf(block, link.key)) continue;
        asked++;
        must(link.run?.current === open.piece, 'a web seed is asked for the piece that comes', () => ({
          piece: open.piece,
          block,
        }));
      }
    }
  }
  let copies = 0;
  for (const open of tracker.openPieces()) for (let block = 0; block < open.blockCount; block++) copies += open.copies(block);
  must(copies === asked, 'the askers of blocks are the requests of peers', () => ({ copies, asked }));
}

function checkLeases({ session, content, disk }: CheckedParts): void {
  const slots = new Set<string>();
  for (const [source, { piece, block, length, mode }] of disk.leases) {
    must(session.expectsBlock(source, piece, block * BLOCK_LENGTH, length), 'nobody writes what is not wanted of it', () => ({
      source,
      piece,
      block,
    }));
    if (mode === 'scratch') continue;
    must(!slots.has(`${piece}:${block}`), 'a slot has one writer', () => ({ piece, block }));
    slots.add(`${piece}:${block}`);
  }
  const { tracker } = session.inspect();
  for (const { piece, block } of disk.heldBlocks())
    must(tracker.openPiece(piece)?.isReceived(block) === true, 'what is given up leaves the memory', () => ({ piece, block }));
  for (const { piece } of tracker.storingPieces())
    must(!disk.have.has(piece), 'a stored piece is counted at once', () => ({ piece }));
  must(tracker.have.count <= content.geometry.pieceCount, 'no more pieces than there are');
}

function checkUploads({ session, limits, halfOpen }: CheckedParts): void {
  const { peers, book } = session.inspect();
  let unchoked = 0;
  for (const peer of peers.values()) if (!peer.amChoking) unchoked++;
  must(unchoked <= limits.uploadSlots + limits.optimisticSlots, 'no more peers unchoked than there are slots', () => ({
    unchoked,
  }));
  must(book.halfOpen === halfOpen && halfOpen <= limits.maxHalfOpen, 'half-open dials are counted and bounded', () => ({
    book: book.halfOpen,
    halfOpen,
  }));
  must(peers.size <= limits.maxPeers, 'no more peers than allowed', () => ({ peers: peers.size }));
}

function checkCounts({ session, content, mirrors, wanted: chosen }: CheckedParts): void {
  const { tracker, peers, window } = session.inspect();
  const available = new Map<PieceIndex, number>();
  for (const [key, peer] of peers) {
    let wanted = 0;
    for (const piece of peer.have) {
      available.set(piece, (available.get(piece) ?? 0) + 1);
      if (!tracker.have.has(piece) && chosen?.has(piece) !== false) wanted++;
    }
    must(wanted === peer.wantedCount, 'wanted pieces are counted', () => ({ key, wanted, counted: peer.wantedCount }));
    const isInteresting = wanted > 0 && !peer.isSetAside;
    must(peer.amInterested === isInteresting, 'we are interested in whoever has what we lack', () => ({ key, wanted }));
    const isNear = (piece: PieceIndex): boolean => peer.have.has(piece) && !tracker.have.has(piece);
    const isWronged = peer.isSetAside && window?.pieces().some(isNear) !== false;
    must(!isWronged, 'nobody is set aside who has what readers lack', () => ({ key }));
    must(peer.amInterested === mirrors.get(key)?.amInterested, 'interest agrees with the wire', () => ({ key }));
  }
  for (const piece of content.geometry.pieces()) {
    const counted = tracker.picker.availability(piece);
    must(counted === (available.get(piece) ?? 0), 'availability is counted', () => ({
      piece,
      counted,
      real: available.get(piece),
    }));
  }
}

function checkProbation({ session, limits }: CheckedParts): void {
  const { tracker, peers, blame } = session.inspect();
  const opened = [...tracker.openPieces(), ...tracker.storingPieces()];
  for (const [key] of peers) {
    if (blame.isProven(key)) continue;
    const involved = opened.filter((open) => open.involves(key)).length;
    must(involved <= limits.probationPieces, 'an unproven peer has its hands in few pieces', () => ({ key, involved }));
  }
}
