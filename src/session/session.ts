// The Session: a deterministic machine for one torrent. `handle(event, now)` answers with actions, `nextTimeout()` says when
// it wants to be woken; it sees no socket, file or clock, and its chance is a seeded generator. This file only routes.

import { BLOCK_LENGTH } from '../model/geometry.js';
import type { Bitfield } from '../model/bitfield.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { Random } from '../model/random.js';
import type { Millis } from '../model/time.js';
import type { SessionAction } from './actions.js';
import { admit } from './admission.js';
import { receiveBlock } from './block-arrival.js';
import { Blame } from './blame.js';
import { Choker } from './choker.js';
import { dropPeer, forgetPeer } from './departure.js';
import type { SessionEvent } from './events.js';
import type { PieceBudget, RequestPace } from './limits.js';
import { PeerBook } from './peer-book.js';
import { PeerPriorities } from './peer-priority.js';
import { handlePeerMessage } from './peer-messages.js';
import { blameMismatch, convictLiars, countStored } from './piece-flow.js';
import { PieceTracker } from './piece-tracker.js';
import { PieceWindow } from './piece-window.js';
import { RequestTurns } from './request-turns.js';
import { refill, refillAll } from './requester.js';
import { RevealedPieces } from './revealed-pieces.js';
import { Rounds } from './rounds.js';
import { SessionState, type SessionInspection, type SessionSettings } from './session-state.js';
import { takeSnapshot, type SessionSnapshot } from './snapshot.js';
import { messageBytes } from '../wire/message-bytes.js';
import { tellUploadOnly } from './upload-only.js';
import { fillSlots, settleBlock } from './uploader.js';
import { addWebSeeds, endRun, handleSeedBlock, judgeBlock, skipBytes, stopWebSeeds, type RunVerdict } from './web-seed-events.js';
import { lackFile } from './web-seed-lacks.js';
import { arriveAt, refillWebSeeds } from './web-seed-runs.js';
import { moveWindow } from './window-moves.js';

type BlockReceived = Extract<SessionEvent, { type: 'block-received' }>;

export class Session {
  readonly #state: SessionState;
  readonly #choker: Choker;
  readonly #rounds: Rounds;

  /**
   * `isPadding` names blocks that are nothing but padding (BEP 47): they are zeros and asked of nobody. `pace` limits what is asked
   * for; null: nothing does.
   */
  constructor(
    settings: SessionSettings,
    random: Random,
    budget: PieceBudget,
    isPadding: (piece: PieceIndex, block: number) => boolean,
    now: Millis,
    pace: RequestPace | null = null,
  ) {
    const window = settings.reads === true ? new PieceWindow(settings.readable) : null;
    const isInReach = (piece: PieceIndex): boolean => window === null || window.has(piece);
    const tracker = new PieceTracker(settings.geometry, budget, random, isPadding, settings.plan ?? null, isInReach);
    const priorities = new PeerPriorities(settings.externalAddresses, settings.listenPort);
    const book = new PeerBook(settings.limits, random, settings.encryption, priorities, settings.addressFilter);
    this.#state = new SessionState(settings, random, tracker, book, new Blame(), new RequestTurns(pace), priorities, window);
    this.#state.now = now;
    this.#choker = new Choker(settings.limits, random);
    this.#rounds = new Rounds(this.#state, this.#choker);
  }

  /** What follows from one event. Throws InvariantError where the session is broken; it must not be used after that. */
  handle(event: SessionEvent, now: Millis): readonly SessionAction[] {
    this.#state.now = Math.max(this.#state.now, now);
    // What was on its way when the session stopped finds nobody; only a late connection is still told so.
    if (!this.#state.isStopped || event.type === 'peer-connected') this.#route(event);
    return this.#state.takeActions();
  }

  /** When `timeout` is due, or null: only an event can change anything. */
  nextTimeout(): Millis | null {
    return this.#rounds.nextAt();
  }

  /** Whether this block was asked of this peer and is still missing: only then are its bytes taken. */
  expectsBlock(key: PeerKey, piece: PieceIndex, begin: number, length: number): boolean {
    const block = this.#state.geometry.validateBlock(piece, begin, length);
    if (block === null) return false;
    const open = this.#state.tracker.openPiece(piece);
    return open !== undefined && !open.isReceived(block) && open.isAskedOf(block, key);
  }

  /** What is to be done with the bytes of a block that are next in the stream of a web seed's link. */
  verdict(link: PeerKey, piece: PieceIndex, begin: number, length: number): RunVerdict {
    return judgeBlock(this.#state, link, piece, this.expectsBlock(link, piece, begin, length));
  }

  hasPiece(piece: PieceIndex): boolean {
    return this.#state.tracker.have.has(piece);
  }

  /** It is wanted and not there. */
  lacksPiece(piece: PieceIndex): boolean {
    return this.#state.tracker.isLacking(piece);
  }

  /** The same, and the link's web seed is not known to lack it. */
  mayBring(link: PeerKey, piece: PieceIndex): boolean {
    return this.lacksPiece(piece) && this.#state.webSeeds.linkOf(link)?.seed.lacks(piece) !== true;
  }

  hasPeer(key: PeerKey): boolean {
    return this.#state.peers.has(key);
  }

  /** The verified pieces: a copy. */
  have(): Bitfield {
    return this.#state.tracker.have.clone();
  }

  get isComplete(): boolean {
    return this.#state.isComplete;
  }

  /** The live parts, for tests that check invariants: to be read only, and not to be kept. */
  inspect(): SessionInspection {
    return this.#state;
  }

  snapshot(now: Millis): SessionSnapshot {
    return takeSnapshot(this.#state, now);
  }

  #route(event: SessionEvent): void {
    const state = this.#state;
    switch (event.type) {
      case 'checked':
        state.tracker.start(event.have);
        state.isStarted = true;
        if (state.tracker.have.isFull && state.settings.seeds && state.settings.superSeeds) state.revealed = new RevealedPieces();
        refillWebSeeds(state);
        this.#rounds.dial();
        return;
      case 'addresses-found':
        this.#handleAddresses(event);
        return;
      case 'dial-failed':
        if (!state.book.endDial(event.address, event.reason, state.now))
          state.notice({ type: 'dial-failed', address: event.address, reason: event.reason });
        this.#rounds.watchExhaustion();
        this.#rounds.dial();
        return;
      case 'peer-connected':
        if (admit(state, event) === null) this.#rounds.dial();
        return;
      case 'peer-disconnected':
        this.#handleDisconnected(event.peer, event.reason);
        return;
      case 'message':
        this.#handleMessage(event);
        return;
      case 'block-received':
        this.#handleBlock(event);
        return;
      case 'block-unexpected':
        this.#handleUnexpected(event.peer, event.length);
        return;
      case 'piece-digests':
        convictLiars(state, event.piece, event.blockDigests);
        this.#afterDeparture();
        return;
      case 'piece-stored':
        countStored(state, event.piece);
        // From the first piece on there is something to give, and peers that wait for it.
        if (state.tracker.have.count === 1) fillSlots(state, this.#choker);
        if (!state.isComplete) refillAll(state);
        refillWebSeeds(state);
        if (state.isComplete) this.#complete();
        return;
      case 'piece-mismatch':
        blameMismatch(state, event.piece, event.blockDigests);
        this.#afterDeparture();
        return;
      case 'block-settled':
        if (event.sent) state.messages.countSentBlock();
        settleBlock(state, state.peers.get(event.peer), event.length, event.sent);
        return;
      case 'web-seeds-found':
        addWebSeeds(state, event.seeds);
        refillWebSeeds(state);
        return;
      case 'run-arrived':
      case 'run-ranged':
      case 'run-skipped':
      case 'run-paused':
      case 'run-lacks':
      case 'run-ended':
        this.#handleRun(event);
        return;
      case 'window-moved':
        moveWindow(state, event.readers);
        return;
      case 'timeout':
        this.#rounds.run();
        this.#rounds.dial();
        return;
      case 'stop':
        this.#stop();
        return;
    }
  }

  #handleAddresses(event: Extract<SessionEvent, { type: 'addresses-found' }>): void {
    const added = this.#state.book.add(event.addresses, event.source, this.#state.now);
    this.#state.notice({ type: 'addresses-found', source: event.source, count: event.addresses.length, added });
    this.#rounds.dial();
  }

  #handleDisconnected(key: PeerKey, reason: Extract<SessionEvent, { type: 'peer-disconnected' }>['reason']): void {
    const peer = this.#state.peers.get(key);
    if (peer === undefined) return;
    forgetPeer(this.#state, peer, reason);
    this.#afterDeparture();
  }

  #handleMessage(event: Extract<SessionEvent, { type: 'message' }>): void {
    const peer = this.#state.peers.get(event.peer);
    if (peer === undefined) return;
    this.#state.messages.countReceived(event.message);
    handlePeerMessage(this.#state, this.#choker, peer, event.message);
    if (peer.droppedFor === 'protocol-error') {
      this.#state.notice({ type: 'bad-message', address: peer.displayAddress, bytes: messageBytes(event.message) });
    }
    if (!this.#state.peers.has(event.peer)) this.#afterDeparture();
    // It may have named others (BEP 11).
    else if (event.message.type === 'extended') this.#rounds.dial();
  }

  #handleRun(
    event: Extract<
      SessionEvent,
      { type: 'run-arrived' | 'run-ranged' | 'run-skipped' | 'run-paused' | 'run-lacks' | 'run-ended' }
    >,
  ): void {
    const state = this.#state;
    const link = state.webSeeds.linkOf(event.link);
    if (link === undefined) return;
    if (event.type === 'run-arrived') {
      arriveAt(state, link, event.piece);
    } else if (event.type === 'run-ranged') {
      if (link.seed.isProven) return;
      link.seed.isProven = true;
      refillWebSeeds(state);
    } else if (event.type === 'run-paused') {
      if (link.run !== null) link.run.pausedUntil = state.now + event.pauseMs;
    } else if (event.type === 'run-skipped') {
      skipBytes(state, link, event.length);
    } else {
      if (event.type === 'run-lacks') lackFile(state, link, event);
      else endRun(state, link, event.end);
      this.#afterDeparture();
    }
  }

  #afterDeparture(): void {
    refillAll(this.#state);
    refillWebSeeds(this.#state);
    fillSlots(this.#state, this.#choker);
    this.#rounds.watchExhaustion();
    this.#rounds.dial();
  }

  #handleBlock(event: BlockReceived): void {
    const state = this.#state;
    const { piece, begin, length } = event;
    const link = state.webSeeds.linkOf(event.peer);
    if (link !== undefined) {
      handleSeedBlock(state, link, event);
      return;
    }
    state.messages.countReceivedBlock();
    state.download.add(length, state.now);
    const peer = state.peers.get(event.peer);
    if (peer === undefined) {
      this.#waste(length);
      return;
    }
    peer.lastReceivedAt = state.now;
    peer.download.add(length, state.now);
    const block = begin / BLOCK_LENGTH;
    const open = state.tracker.openPiece(piece);
    // A body that was recalled on its way answers no request: where the block was asked again since, another copy follows.
    if (!event.kept || open === undefined || !peer.requests.answer(piece, block, state.now, peer.download.quickRate)) {
      this.#waste(length);
    } else {
      receiveBlock(state, open, block, peer.key);
    }
    refill(state, peer);
  }

  #handleUnexpected(key: PeerKey, length: number): void {
    const state = this.#state;
    state.messages.countReceivedBlock();
    state.download.add(length, state.now);
    this.#waste(length);
    const peer = state.peers.get(key);
    if (peer === undefined) return;
    peer.lastReceivedAt = state.now;
    peer.unexpectedBytes += length;
    // What crossed our cancels on the way is not flooding: that is never more than a fraction of what was useful.
    if (peer.unexpectedBytes <= state.limits.maxUnexpectedBytes + peer.download.totalBytes / 2) return;
    dropPeer(state, peer, 'flooding');
    this.#afterDeparture();
  }

  /** Nobody waited for it, so it had no place within the limit either. */
  #waste(length: number): void {
    this.#state.wastedBytes += length;
    this.#state.turns.charge(length, this.#state.now);
  }

  #complete(): void {
    const state = this.#state;
    state.turns.end();
    state.notice({ type: 'completed' });
    // A partial seed has not: what is left is what it did not choose (BEP 3, BEP 21).
    if (state.tracker.have.isFull) state.emit({ type: 'announce', event: 'completed' });
    else if (state.settings.seeds) state.emit({ type: 'announce', event: 'partial-seed' });
    if (state.settings.seeds) {
      for (const peer of Array.from(state.peers.values())) {
        if (peer.isSeed) dropPeer(state, peer, 'both-seeds');
        else tellUploadOnly(state, peer);
      }
    }
    state.emit({ type: 'complete' });
  }

  #stop(): void {
    const state = this.#state;
    if (state.isStopped) return;
    for (const peer of Array.from(state.peers.values())) dropPeer(state, peer, 'stopping');
    stopWebSeeds(state);
    state.isStopped = true;
    state.turns.end();
    state.tracker.releaseAll();
    state.notice({ type: 'stopped' });
  }
}
