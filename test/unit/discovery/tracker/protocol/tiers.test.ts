// Who is asked what and when, in virtual time: tiers, the 3 s rule, backoff, intervals, more peers.

import { describe, expect, test } from 'vitest';
import { MAX_TRACKERS, TrackerTiers } from '../../../../../src/discovery/tracker/protocol/tiers.js';
import { createRandom } from '../../../../../src/model/random.js';
import {
  addressAt,
  answering,
  DEAD,
  goodAnswer,
  OWN_PORT,
  REFUSED,
  ScriptedTrackers,
  TRACKER_LIMITS,
} from '../../../../support/scripted-trackers.js';

const A = 'http://a';
const B = 'http://b';
const C = 'http://c';
const MINUTE = 60_000;

describe('seeking an answer', () => {
  test('one good tracker is asked at once, and nobody after it', () => {
    const world = new ScriptedTrackers([[A], [B]], { [A]: answering(), [B]: answering() }).start().run(10 * MINUTE);
    expect(world.log).toEqual(['0 a started']);
    expect(world.peers).toEqual([{ at: 10, response: goodAnswer() }]);
  });

  test('a dead first tracker costs 3 s, not its time-out', () => {
    const world = new ScriptedTrackers([[A], [B]], { [A]: DEAD, [B]: answering() }).start().run(29_000);
    expect(world.log).toEqual(['0 a started', '3000 b started']);
    expect(world.peers.map(({ at }) => at)).toEqual([3010]);
  });

  test('and so it does within one tier', () => {
    const world = new ScriptedTrackers([[A, B]], { [A]: DEAD, [B]: DEAD }).start().run(3500);
    expect(world.announces.map(({ at }) => at)).toEqual([0, 3000]);
    expect(new Set(world.announces.map(({ url }) => url))).toEqual(new Set([A, B]));
  });

  test('after 3 s the next tier comes before the rest of the first one', () => {
    const world = new ScriptedTrackers([[A, B], [C]], {}).start().run(6500);
    expect(world.announces[1]).toMatchObject({ at: 3000, url: C });
    expect(world.announces[2].at).toBe(6000);
    expect([A, B]).toContain(world.announces[2].url);
  });

  test('a failure moves on at once: first within its tier, then to the next', () => {
    const world = new ScriptedTrackers([[A, B], [C]], { [A]: REFUSED, [B]: REFUSED, [C]: answering() }).start().run(1000);
    expect(world.announces.map(({ at }) => at)).toEqual([0, 1, 2]);
    expect(world.announces[2].url).toBe(C);
  });

  test('a late answer of the first tracker is still used, and asked for nothing more', () => {
    const late = goodAnswer({ addresses: [addressAt('10.9.9.9', 9)] });
    const world = new ScriptedTrackers([[A], [B], [C]], { [A]: answering(late, 20_000), [B]: answering() })
      .start()
      .run(10 * MINUTE);
    expect(world.log).toEqual(['0 a started', '3000 b started']);
    expect(world.peers.map(({ at }) => at)).toEqual([3010, 20_000]);
    expect(world.peers[1].response).toBe(late);
  });

  test('a hundred dead trackers never have more than eleven requests open', () => {
    const urls = Array.from({ length: 100 }, (_, index) => `http://t${index}`);
    const world = new ScriptedTrackers(
      urls.map((url) => [url]),
      {},
    ).start();
    let most = 0;
    for (let second = 0; second < 600; second++) {
      world.run(1000);
      most = Math.max(most, world.machine.snapshot(world.now).filter(({ state }) => state === 'announcing').length);
    }
    expect(most).toBeLessThanOrEqual(11);
    expect(new Set(world.announces.map(({ url }) => url)).size).toBe(100);
  });

  test('no tracker at all: nothing to do, and stopping ends at once', () => {
    const world = new ScriptedTrackers([[], []], {}).start().run(MINUTE);
    expect(world.machine.nextTimeout()).toBeNull();
    world.send({ type: 'stop' });
    expect(world.stoppedAt).toBe(MINUTE);
  });
});

describe('tiers (BEP 12)', () => {
  test('are shuffled within and kept in order', () => {
    const firsts = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const world = new ScriptedTrackers([[A, B], [C]], { [A]: answering(), [B]: answering() }, { seed }).start();
      firsts.add(world.announces[0].url);
    }
    expect(firsts).toEqual(new Set([A, B]));
  });

  test('the tracker that answered is asked first from then on', () => {
    for (let seed = 0; seed < 10; seed++) {
      const world = new ScriptedTrackers([[A, B, C]], { [A]: REFUSED, [B]: answering(), [C]: REFUSED }, { seed })
        .start()
        .run(1000);
      const before = world.announces.length;
      world.run(40 * MINUTE);
      expect(world.announces.slice(before).map(({ url, event }) => [url, event])).toEqual([[B, null]]);
    }
  });

  test('doubles, blanks and other schemes are sorted out; a list without end is cut', () => {
    const machine = new TrackerTiers(
      [[' ', A, ` ${A} `], [], ['wss://u:1', A], ['nonsense'], ['HTTP://b']],
      TRACKER_LIMITS,
      createRandom(1),
    );
    expect(machine.snapshot(0).map(({ url, tier, state }) => `${tier} ${url} ${state}`)).toEqual([
      '0 http://a idle',
      '1 wss://u:1 unsupported',
      '2 nonsense unsupported',
      '3 HTTP://b idle',
    ]);
    const many = Array.from({ length: 5000 }, (_, index) => [`http://t${index}`]);
    expect(new TrackerTiers(many, TRACKER_LIMITS, createRandom(1)).snapshot(0)).toHaveLength(MAX_TRACKERS);
  });

  test('trackers of another kind are reported once, passed over and never stop anything', () => {
    const world = new ScriptedTrackers([['wss://u:1/announce'], [A]], { [A]: answering() }).start().run(60 * MINUTE);
    expect(world.log.slice(0, 1)).toEqual(['0 a started']);
    const failures = world.notices.filter(({ type }) => type === 'tracker-failed');
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ url: 'wss://u:1/announce', code: 'unsupported_scheme', retryInMs: null });
  });
});

describe('backoff', () => {
  test('15 s, doubling up to an hour, for ever', () => {
    const world = new ScriptedTrackers([[A]], { [A]: { ...REFUSED, afterMs: 0 } }).start().run(5 * 60 * MINUTE);
    const waits = world.announces.slice(1).map(({ at }, index) => (at - world.announces[index].at) / 1000);
    expect(waits).toEqual([15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
    expect(new Set(world.eventsOf(A))).toEqual(new Set(['started']));
  });

  test('begins anew after an answer', () => {
    const script = (_: unknown, count: number) => (count === 2 ? answering() : { ...REFUSED, afterMs: 0 });
    const world = new ScriptedTrackers([[A]], { [A]: script }).start().run(45_000);
    expect(world.log).toEqual(['0 a started', '15000 a started', '45000 a started']);
    world.run(30 * MINUTE + 15_010);
    expect(world.log.slice(3)).toEqual(['1845010 a -', '1860010 a -']);
  });

  test('the tracker may ask for more, but not for ever (BEP 31)', () => {
    const failure = { code: 'failure_reason', message: 'go away', retryInMs: 120_000 } as const;
    const never = { ...failure, retryInMs: Number.POSITIVE_INFINITY };
    const polite = new ScriptedTrackers([[A]], { [A]: { afterMs: 0, failure } }).start().run(130_000);
    expect(polite.log).toEqual(['0 a started', '120000 a started']);
    const world = new ScriptedTrackers([[A]], { [A]: { afterMs: 0, failure: never } }).start().run(61 * MINUTE);
    expect(world.log).toEqual(['0 a started', '3600000 a started']);
  });

  test('one that is back in time gets us while another hangs', () => {
    const back = (_: unknown, count: number) => (count === 0 ? REFUSED : answering());
    const world = new ScriptedTrackers([[A], [B]], { [A]: back, [B]: DEAD }).start().run(20_000);
    expect(world.log).toEqual(['0 a started', '1 b started', '15001 a started']);
  });

  test('failures are reported with the wait that follows', () => {
    const world = new ScriptedTrackers([[A]], { [A]: REFUSED }).start().run(20_000);
    expect(world.notices).toEqual([
      { type: 'tracker-failed', url: A, code: 'refused', message: 'connection refused', retryInMs: 15_000 },
      { type: 'tracker-failed', url: A, code: 'refused', message: 'connection refused', retryInMs: 30_000 },
    ]);
  });
});

describe('intervals', () => {
  test('a re-announce without event after the interval of the answer, again and again', () => {
    const world = new ScriptedTrackers([[A]], { [A]: answering(goodAnswer({ intervalSeconds: 600 }), 0) })
      .start()
      .run(31 * MINUTE);
    expect(world.log).toEqual(['0 a started', '600000 a -', '1200000 a -', '1800000 a -']);
  });

  test('missing: the default; too short: no shorter than ours', () => {
    const missing = new ScriptedTrackers([[A]], { [A]: answering(goodAnswer({ intervalSeconds: null }), 0) });
    expect(missing.start().run(31 * MINUTE).log).toEqual(['0 a started', '1800000 a -']);
    const short = new ScriptedTrackers([[A]], { [A]: answering(goodAnswer({ intervalSeconds: 1 }), 0) });
    expect(short.start().run(61_000).log).toEqual(['0 a started', '30000 a -', '60000 a -']);
  });

  test('a working tracker that dies hands over to the next tier, which gets its own started', () => {
    const dies = (_: unknown, count: number) => (count === 0 ? answering() : REFUSED);
    const world = new ScriptedTrackers([[A], [B]], { [A]: dies, [B]: answering() }).start().run(31 * MINUTE);
    expect(world.log).toEqual(['0 a started', '1800010 a -', '1800011 b started']);
  });

  test('a late answer with a longer interval does not put off the next announce', () => {
    const patient = answering(goodAnswer({ intervalSeconds: 7200 }), 20_000);
    const world = new ScriptedTrackers([[A], [B]], { [A]: patient, [B]: answering() }).start().run(31 * MINUTE);
    expect(world.log).toEqual(['0 a started', '3000 b started', '1803010 a -', '1806010 b -']);
  });

  test('the tracker id is echoed, and the last one counts', () => {
    const ids = [Uint8Array.of(1), null, Uint8Array.of(2), null].map((trackerId) =>
      goodAnswer({ trackerId, intervalSeconds: 600 }),
    );
    const world = new ScriptedTrackers([[A]], { [A]: (_, count) => answering(ids[count]) }).start().run(35 * MINUTE);
    expect(world.announces.map(({ action }) => action.trackerId?.[0])).toEqual([undefined, 1, 1, 2]);
  });
});

describe('more peers', () => {
  const lonely = goodAnswer({ addresses: [addressAt('10.0.0.7', OWN_PORT)], intervalSeconds: 1800 });

  test('waits for the minimum interval', () => {
    const world = new ScriptedTrackers([[A], [B]], { [A]: answering(goodAnswer({ minIntervalSeconds: 300 }), 0) }).start();
    world.run(MINUTE);
    world.send({ type: 'more-peers' });
    world.send({ type: 'more-peers' });
    world.run(10 * MINUTE);
    expect(world.log).toEqual(['0 a started', '300000 a -']);
  });

  test('is asked for at once where that is over', () => {
    const world = new ScriptedTrackers([[A]], { [A]: answering(goodAnswer({ minIntervalSeconds: 60 }), 0) })
      .start()
      .run(2 * MINUTE);
    world.send({ type: 'more-peers' });
    expect(world.log).toEqual(['0 a started', '120000 a -']);
  });

  test('a tracker that knows nobody but us does not keep the others from being asked', () => {
    const scripts = { [A]: answering(lonely), [B]: answering(lonely), [C]: answering() };
    const world = new ScriptedTrackers([[A], [B], [C]], scripts).start().run(5000);
    expect(world.log).toEqual(['0 a started']);
    world.send({ type: 'more-peers' });
    world.run(5000);
    world.send({ type: 'more-peers' });
    world.run(5000);
    world.send({ type: 'more-peers' });
    world.run(5000);
    expect(world.log).toEqual(['0 a started', '5000 b started', '10000 c started']);
  });

  test('changes nothing while trackers are being asked, before the start or after the end', () => {
    const world = new ScriptedTrackers([[A], [B]], {});
    world.send({ type: 'more-peers' });
    expect(world.log).toEqual([]);
    world.start();
    world.send({ type: 'more-peers' });
    expect(world.log).toEqual(['0 a started']);
    world.send({ type: 'stop' });
    world.send({ type: 'more-peers' });
    expect(world.log).toEqual(['0 a started']);
  });
});

describe('the snapshot', () => {
  test('tells state, numbers, and the last and next announce', () => {
    const world = new ScriptedTrackers([[A], [B], [C]], {
      [A]: REFUSED,
      [B]: answering(goodAnswer({ seeds: 7, leechers: 3, outOfScope: 4 })),
    });
    const idle = {
      lastError: null,
      seeds: null,
      leechers: null,
      peers: null,
      outOfScope: 0,
      latencyMs: null,
      lastAnnounceAgoMs: null,
      nextAnnounceInMs: null,
    };
    expect(world.machine.snapshot(0)[0]).toEqual({ url: A, tier: 0, state: 'idle', ...idle });
    world.start();
    expect(world.machine.snapshot(0)[0]).toEqual({ url: A, tier: 0, state: 'announcing', ...idle, lastAnnounceAgoMs: 0 });
    world.run(1000);
    expect(world.machine.snapshot(1000)).toEqual([
      {
        ...idle,
        url: A,
        tier: 0,
        state: 'failed',
        lastError: 'connection refused',
        lastAnnounceAgoMs: 1000,
        nextAnnounceInMs: 1_799_011,
      },
      {
        url: B,
        tier: 1,
        state: 'working',
        lastError: null,
        seeds: 7,
        leechers: 3,
        peers: 1,
        outOfScope: 4,
        latencyMs: 10,
        lastAnnounceAgoMs: 999,
        nextAnnounceInMs: 1_799_011,
      },
      { url: C, tier: 2, state: 'idle', ...idle },
    ]);
  });
});
