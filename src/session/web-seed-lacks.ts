// Files that a web seed turns out to lack (BEP 19: servers mirror folders, and single files vanish or change). It is then asked for every
// piece but those that touch one, and is dropped where nothing is left for it, or where nothing but refusals ever came: the URL is wrong.

import { Bitfield } from '../model/bitfield.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { SessionEvent } from './events.js';
import type { SessionState } from './session-state.js';
import type { WebSeed, WebSeedLack, WebSeedLink, WebSeedRun } from './web-seed.js';
import { dropSeed, isStuck, isUseful, leaveCurrent, leaveRun } from './web-seed-recall.js';

type RunLacks = Extract<SessionEvent, { type: 'run-lacks' }>;

export function lackFile(state: SessionState, link: WebSeedLink, event: RunLacks): void {
  const { seed, run } = link;
  if (run === null) return;
  run.progressAt = state.now;
  const { file, fileCount, failure } = event;
  const isKnown = seed.lack?.files.has(file) === true;
  const lack = noteLack(state, seed, event);
  const isWrong = seed.download.totalBytes === 0 && lack.files.size >= state.limits.webSeedWrongFiles;
  if (isWrong || !isUseful(state, seed, lack) || isStuck(state, seed)) {
    dropSeed(state, seed, failure);
    return;
  }
  if (!isKnown) {
    const { reason, status } = failure;
    const facts = { name: seed.name, file, lacking: lack.files.size, fileCount, reason };
    state.notice({ type: 'web-seed-lacks', ...facts, ...(status === undefined ? {} : { status }) });
  }
  for (const other of seed.links) if (other.run !== null) keepClear(state, other, other.run, other === link);
}

function noteLack(state: SessionState, seed: WebSeed, { file, fileCount, first, last, failure }: RunLacks): WebSeedLack {
  const pieces = new Bitfield(state.geometry.pieceCount);
  const lack = (seed.lack ??= { files: new Set(), fileCount, pieces, failure, usefulAt: 0 });
  lack.files.add(file);
  lack.failure = failure;
  for (let piece = first as number; piece <= last; piece++) lack.pieces.set(piece as PieceIndex);
  return lack;
}

/** A run has nothing to do with what is lacked: it ends before that, or, of whole files, goes by. `isRefused`: it was the one to ask. */
function keepClear(state: SessionState, link: WebSeedLink, run: WebSeedRun, isRefused: boolean): void {
  const { seed, key } = link;
  if (run.isWholeFiles) {
    if (run.current !== null && seed.lacks(run.current)) leaveCurrent(state, link, run);
    if (run.waitingFor !== null && seed.lacks(run.waitingFor)) run.waitingFor = null;
    for (let piece = run.first as number; piece < run.end; piece++) unclaimLacked(state, link, piece as PieceIndex);
    return;
  }
  let next: number = nextPiece(state, run, key);
  if (isRefused || seed.lacks(next as PieceIndex)) {
    leaveRun(state, link, true);
    return;
  }
  while (next < run.end && !seed.lacks(next as PieceIndex)) next++;
  for (let piece = next; piece < run.end; piece++) {
    if (state.tracker.claimantOf(piece as PieceIndex) === key) state.tracker.unclaim(piece as PieceIndex);
  }
  run.end = next;
}

/** The piece that is coming, or comes next. */
function nextPiece({ tracker }: SessionState, run: WebSeedRun, key: PeerKey): PieceIndex {
  if (run.current !== null) return run.current;
  for (let piece = run.first as number; piece < run.end; piece++) {
    if (tracker.claimantOf(piece as PieceIndex) === key) return piece as PieceIndex;
  }
  return run.first;
}

function unclaimLacked({ tracker }: SessionState, { seed, key }: WebSeedLink, piece: PieceIndex): void {
  if (seed.lacks(piece) && tracker.claimantOf(piece) === key) tracker.unclaim(piece);
}

/** What is still missing is nowhere but in files that it lacks. */
export function dropUseless(state: SessionState): void {
  for (const seed of state.webSeeds.all) {
    const { lack } = seed;
    if (lack !== null && !seed.isDropped && !seed.isBusy && !isUseful(state, seed, lack)) dropSeed(state, seed, lack.failure);
  }
}
