// What is asked of web seeds, event by event: stretches, claims, who comes first, how they end.

import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import { toPeerKey, type PeerKey, type PieceIndex } from '../../../src/model/ids.js';
import type { SessionAction } from '../../../src/session/actions.js';
import type { WebSeedEnd } from '../../../src/session/web-seed.js';
import { BLOCK, SessionDriver } from '../../support/session-driver.js';

const LINK = toPeerKey(1001);
const OTHER = toPeerKey(1002);
const FAILED = { type: 'failed', reason: 'closed', isFinal: false } as const;

type Options = ConstructorParameters<typeof SessionDriver>[1];

class Rig {
  readonly driver: SessionDriver;

  constructor(pieces: number, options: Options = {}, links: readonly PeerKey[] = [LINK]) {
    this.driver = new SessionDriver(pieces, {
      ...options,
      limits: { webSeedRunBytes: 8 * BLOCK, webSeedSplitBytes: 2 * BLOCK, ...options.limits },
    });
    this.driver.handle({ type: 'web-seeds-found', seeds: [{ name: 'http://seed/', links }] });
  }

  /** `link first..end`, so far. */
  runs(): string[] {
    return this.driver.actions.flatMap((action) =>
      action.type === 'fetch-run' ? [`${action.link} ${action.first}..${action.end}${action.isWholeFiles ? ' whole' : ''}`] : [],
    );
  }

  kinds(type: SessionAction['type']): number {
    return this.driver.actions.filter((action) => action.type === type).length;
  }

  arrive(piece: number, link = LINK): void {
    this.driver.handle({ type: 'run-arrived', link, piece: piece as PieceIndex });
  }

  /** The piece comes, of one block. */
  bring(piece: number, link = LINK): void {
    this.arrive(piece, link);
    this.driver.handle({ type: 'block-received', peer: link, piece: piece as PieceIndex, begin: 0, length: BLOCK, kept: true });
  }

  store(piece: number): void {
    this.driver.handle({ type: 'piece-stored', piece: piece as PieceIndex });
  }

  end(end: WebSeedEnd, link = LINK): void {
    this.driver.handle({ type: 'run-ended', link, end });
  }

  verdict(piece: number, link = LINK): string {
    return this.driver.session.verdict(link, piece as PieceIndex, 0, BLOCK);
  }

  get seed() {
    return this.driver.session.snapshot(this.driver.now).webSeeds[0];
  }
}

function have(pieces: number, ...there: number[]): Bitfield {
  const bits = new Bitfield(pieces);
  for (const piece of there) bits.set(piece as PieceIndex);
  return bits;
}

describe('stretches', () => {
  test('the longest gap, as much of it as a run may have', () => {
    expect(new Rig(12, { have: have(12, 0, 4) }).runs()).toEqual(['1001 5..12']);
    expect(new Rig(30).runs()).toEqual(['1001 0..8']);
  });

  test('nothing where nothing is missing', () => {
    expect(new Rig(2, { have: have(2, 0, 1) }).runs()).toEqual([]);
  });

  test('grow while they are quick', () => {
    const rig = new Rig(100);
    for (let piece = 0; piece < 8; piece++) rig.bring(piece);
    rig.end({ type: 'done' });
    expect(rig.runs()).toEqual(['1001 0..8', '1001 8..24']);
  });

  test('more links once it has answered a range, and what is left is split', () => {
    const rig = new Rig(8, {}, [LINK, OTHER]);
    rig.bring(0);
    rig.store(0);
    expect(rig.runs()).toEqual(['1001 0..8']);
    rig.driver.handle({ type: 'run-ranged', link: LINK });
    // Seven are left of which three go over.
    expect(rig.runs()).toEqual(['1001 0..8', '1002 5..8']);
    expect(rig.verdict(4)).not.toBe('over');
    expect(rig.verdict(5)).toBe('over');
  });

  test('no more requests than there may be, and the first of each web seed before others', () => {
    const driver = new SessionDriver(30, { limits: { maxWebSeedLinks: 2, webSeedRunBytes: 4 * BLOCK } });
    const [third, fourth] = [toPeerKey(1003), toPeerKey(1004)];
    driver.handle({ type: 'web-seeds-found', seeds: [{ name: 'http://one/', links: [LINK, OTHER] }] });
    driver.handle({ type: 'run-ranged', link: LINK });
    driver.handle({ type: 'web-seeds-found', seeds: [{ name: 'http://two/', links: [third, fourth] }] });
    const links = driver.actions.flatMap((action) => (action.type === 'fetch-run' ? [action.link] : []));
    expect(links).toEqual([LINK, OTHER]);
    driver.handle({ type: 'run-ended', link: OTHER, end: { type: 'done' } });
    expect(driver.actions.flatMap((action) => (action.type === 'fetch-run' ? [action.link] : []))).toEqual([LINK, OTHER, third]);
  });

  test('a server without ranges is asked for whole files, once', () => {
    const rig = new Rig(30, { have: have(30, 3) }, [LINK, OTHER]);
    rig.end({ type: 'no-ranges' });
    expect(rig.runs()).toEqual(['1001 4..12', '1001 0..30 whole']);
    rig.bring(0);
    expect(rig.runs()).toHaveLength(2);
    rig.arrive(3);
    expect(rig.verdict(3)).toBe('skip');
    rig.end(FAILED);
    rig.driver.pass(3_600_000);
    expect(rig.runs()).toHaveLength(2);
    expect(rig.seed).toMatchObject({ state: 'dropped', reason: 'closed' });
  });
});

describe('beside peers', () => {
  const withPeer = (rig: Rig): PeerKey => {
    const peer = rig.driver.connect(1);
    rig.driver.say(peer, { type: 'have-all' });
    rig.driver.say(peer, { type: 'unchoke' });
    return peer;
  };

  test('what a peer is asked for is not touched', () => {
    const driver = new SessionDriver(4);
    const peer = driver.connect(1);
    driver.say(peer, { type: 'have-all' });
    driver.say(peer, { type: 'unchoke' });
    const [asked] = driver.asked(peer);
    driver.handle({ type: 'web-seeds-found', seeds: [{ name: 'http://seed/', links: [LINK] }] });
    const run = driver.actions.find((action) => action.type === 'fetch-run');
    expect(run !== undefined && (asked < run.first || asked >= run.end)).toBe(true);
  });

  test('a peer with nothing else to do takes the end of a run', () => {
    const rig = new Rig(8);
    const peer = withPeer(rig);
    expect(rig.driver.asked(peer)).toEqual([7]);
    expect(rig.verdict(7)).toBe('over');
    expect(rig.driver.session.inspect().tracker.claimantOf(7 as PieceIndex)).toBeUndefined();
  });

  test('while enough of them send, a web seed has one link only', () => {
    const rig = new Rig(200, { limits: { enoughPeers: 1, initialDepth: 2 } }, [LINK, OTHER]);
    const peer = withPeer(rig);
    const [asked] = rig.driver.asked(peer);
    for (let i = 0; i < 2; i++) {
      rig.driver.now += 250;
      rig.driver.deliver(peer, i === 0 ? asked : rig.driver.asked(peer)[1]);
      rig.store(i === 0 ? asked : rig.driver.asked(peer)[1]);
    }
    rig.driver.handle({ type: 'run-ranged', link: LINK });
    expect(rig.runs()).toHaveLength(1);
    rig.driver.say(peer, { type: 'choke' });
    rig.driver.pass(1500);
    expect(rig.runs()).toHaveLength(2);
  });

  test('what a web seed leaves goes to a peer', () => {
    const rig = new Rig(1);
    rig.arrive(0);
    const peer = withPeer(rig);
    expect(rig.driver.asked(peer)).toEqual([]);
    rig.end(FAILED);
    expect(rig.driver.asked(peer)).toEqual([0]);
  });
});

describe('ends', () => {
  test('silence is one, though not while it waits for memory', () => {
    const rig = new Rig(2);
    rig.arrive(0);
    rig.driver.pass(21_000);
    expect(rig.kinds('abort-run')).toBe(1);
    expect(rig.seed).toMatchObject({ state: 'waiting', reason: 'stalled' });
  });

  test('the wait after failures doubles, up to ten minutes, and what came in between makes it short', () => {
    const rig = new Rig(8);
    const waits: (number | null)[] = [];
    for (let i = 0; i < 10; i++) {
      rig.end(FAILED);
      waits.push(rig.seed.retryInMs);
      rig.driver.pass(rig.seed.retryInMs ?? 0);
    }
    expect(waits.slice(0, 4)).toEqual([5000, 10_000, 20_000, 40_000]);
    expect(Math.max(...waits.map((wait) => wait ?? 0))).toBe(600_000);
    rig.bring(0);
    rig.end(FAILED);
    expect(rig.seed.retryInMs).toBe(1000);
  });

  test('a server that asks for patience gets it, ten minutes at most', () => {
    const rig = new Rig(8);
    rig.end({ type: 'failed', reason: 'busy', status: 503, isFinal: false, retryAfterMs: 60_000 });
    expect(rig.seed).toMatchObject({ state: 'waiting', reason: 'busy', status: 503, retryInMs: 60_000 });
    rig.driver.pass(59_000);
    expect(rig.runs()).toHaveLength(1);
    rig.driver.pass(1000);
    expect(rig.runs()).toHaveLength(2);
    rig.end({ type: 'failed', reason: 'busy', status: 503, isFinal: false, retryAfterMs: 86_400_000 });
    expect(rig.seed.retryInMs).toBe(600_000);
  });

  test('what is final drops it, and is told', () => {
    const rig = new Rig(8, {}, [LINK, OTHER]);
    rig.driver.handle({ type: 'run-ranged', link: LINK });
    rig.end({ type: 'failed', reason: 'refused', status: 404, isFinal: true });
    expect(rig.kinds('abort-run')).toBe(1);
    const told = rig.driver.actions.flatMap((action) => (action.type === 'notice' ? [action.notice] : []));
    expect(told).toContainEqual({ type: 'web-seed-dropped', name: 'http://seed/', reason: 'refused', status: 404 });
    rig.driver.pass(3_600_000);
    expect(rig.runs()).toHaveLength(2);
  });

  test('a piece that was its alone and fails bans it, and with nobody else the session says so', () => {
    const rig = new Rig(4);
    rig.bring(0);
    rig.driver.handle({ type: 'piece-mismatch', piece: 0 as PieceIndex, blockDigests: null });
    expect(rig.kinds('abort-run')).toBe(1);
    expect(rig.seed.state).toBe('banned');
    rig.driver.pass(6000);
    const told = rig.driver.actions.flatMap((action) => (action.type === 'notice' ? [action.notice] : []));
    expect(told).toContainEqual({ type: 'web-seed-banned', name: 'http://seed/', piece: 0 });
    expect(told).toContainEqual({ type: 'sources-exhausted', piece: 0, banned: [], bannedWebSeeds: ['http://seed/'] });
  });

  test('with another web seed left they are not exhausted', () => {
    const rig = new Rig(4);
    const { driver } = rig;
    rig.bring(0);
    driver.handle({ type: 'piece-mismatch', piece: 0 as PieceIndex, blockDigests: null });
    driver.handle({ type: 'web-seeds-found', seeds: [{ name: 'http://two/', links: [OTHER] }] });
    driver.pass(19_000);
    expect(driver.noticed('sources-exhausted')).toBe(0);
    expect(rig.runs().at(-1)).toBe('1002 0..4');
  });

  test('stopped, it holds nothing', () => {
    const rig = new Rig(4);
    rig.arrive(0);
    rig.driver.handle({ type: 'stop' });
    expect(rig.kinds('abort-run')).toBe(1);
    expect(rig.driver.budget.reserved).toBe(0);
    expect(rig.driver.session.nextTimeout()).toBeNull();
  });
});

test('bytes nobody wanted count as waste, those that are kept as payload', () => {
  const rig = new Rig(2);
  rig.bring(0);
  rig.driver.handle({ type: 'run-skipped', link: LINK, length: 500 });
  const { downloadedBytes, wastedBytes, webSeeds } = rig.driver.session.snapshot(0);
  expect({ downloadedBytes, wastedBytes }).toEqual({ downloadedBytes: BLOCK + 500, wastedBytes: 500 });
  expect(webSeeds).toMatchObject([{ name: 'http://seed/', state: 'fetching', connections: 1, downloadedBytes: BLOCK + 500 }]);
});
