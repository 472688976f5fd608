// Order and number of events that a tracker sees (BEP 3): started first, completed once, stopped last, each in
// bounded time.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answering, DEAD, goodAnswer, REFUSED, ScriptedTrackers } from '../../../../support/scripted-trackers.js';

const A = 'http://a';
const B = 'http://b';
const C = 'http://c';
const MINUTE = 60_000;

describe('completed', () => {
  test('goes once to each tracker that got started, and to no other', () => {
    const slowStart = (event: unknown) => answering(goodAnswer(), event === 'started' ? 5000 : 10);
    const scripts = { [A]: slowStart, [B]: answering(), [C]: answering() };
    const world = new ScriptedTrackers([[A], [B], [C]], scripts).start().run(MINUTE);
    world.send({ type: 'completed' });
    world.send({ type: 'completed' });
    world.run(60 * MINUTE);
    expect(world.eventsOf(A).slice(0, 3)).toEqual(['started', 'completed', null]);
    expect(world.eventsOf(B)).toEqual(['started', 'completed']);
    expect(world.eventsOf(C)).toEqual([]);
  });

  test('is not sent where all was there at the start', () => {
    const world = new ScriptedTrackers([[A]], { [A]: answering() }).start(true).run(MINUTE);
    world.send({ type: 'completed' });
    expect(world.run(MINUTE).log).toEqual(['0 a started']);
  });

  test('waits for the answer to started', () => {
    const world = new ScriptedTrackers([[A]], { [A]: answering(goodAnswer(), 1000) }).start().run(500);
    world.send({ type: 'completed' });
    expect(world.run(MINUTE).log).toEqual(['0 a started', '1000 a completed']);
  });

  test('is dropped where started failed: the next started says left 0', () => {
    const script = (_: unknown, count: number) => (count === 0 ? REFUSED : answering());
    const world = new ScriptedTrackers([[A]], { [A]: script }).start();
    world.send({ type: 'completed' });
    expect(world.run(MINUTE).log).toEqual(['0 a started', '15001 a started']);
  });

  test('is sent again only where the tracker cannot have seen it', () => {
    const unseen = (_: unknown, count: number) => (count === 1 ? REFUSED : answering());
    const world = new ScriptedTrackers([[A]], { [A]: unseen }).start().run(MINUTE);
    world.send({ type: 'completed' });
    world.run(35 * MINUTE);
    expect(world.eventsOf(A)).toEqual(['started', 'completed', 'completed', null]);

    const seen = (_: unknown, count: number) => (count === 1 ? { ...REFUSED, isSent: true } : answering());
    const other = new ScriptedTrackers([[A]], { [A]: seen }).start().run(MINUTE);
    other.send({ type: 'completed' });
    other.run(35 * MINUTE);
    expect(other.eventsOf(A)).toEqual(['started', 'completed', null]);
  });

  test('asks for no peers', () => {
    const world = new ScriptedTrackers([[A]], { [A]: answering() }).start().run(MINUTE);
    world.send({ type: 'completed' });
    world.run(MINUTE);
    world.send({ type: 'stop' });
    expect(world.announces.map(({ action }) => action.numwant)).toEqual([200, 0, 0]);
  });
});

describe('stopped', () => {
  test('goes to every tracker that got started and ends when they have answered', () => {
    const scripts = { [A]: answering(goodAnswer(), 5000), [B]: answering(goodAnswer(), 50) };
    const world = new ScriptedTrackers([[A], [B], [C]], scripts).start().run(MINUTE);
    world.send({ type: 'stop' });
    expect(world.stoppedAt).toBeNull();
    world.run(10_000);
    expect(world.log.slice(2)).toEqual(['60000 a stopped', '60000 b stopped']);
    expect(world.stoppedAt).toBe(62_000);
    expect(world.machine.nextTimeout()).toBeNull();
  });

  test('a dead tracker that never knew of us is not waited for', () => {
    const world = new ScriptedTrackers([[A], [B]], { [A]: DEAD, [B]: answering() }).start().run(5000);
    world.send({ type: 'stop' });
    world.run(1000);
    expect(world.log.slice(2)).toEqual(['5000 b stopped']);
    expect(world.stoppedAt).toBe(5010);
    expect(world.cancelled).toHaveLength(1);
  });

  test('goes to one that has read started and not answered yet', () => {
    const world = new ScriptedTrackers([[A]], {
      [A]: (event) => answering(goodAnswer(), event === 'started' ? 9000 : 10),
    }).start();
    world.run(100);
    world.send({ type: 'stop' });
    world.run(1000);
    expect(world.log).toEqual(['0 a started', '100 a stopped']);
    expect(world.stoppedAt).toBe(110);
  });

  test('follows a completed that is on its way, in two seconds at most together', () => {
    const slowly = (afterMs: number) =>
      new ScriptedTrackers([[A]], { [A]: (event) => answering(goodAnswer(), event === 'completed' ? afterMs : 10) })
        .start()
        .run(1000);
    const quick = slowly(500);
    quick.send({ type: 'completed' });
    quick.send({ type: 'stop' });
    quick.run(10_000);
    expect(quick.log).toEqual(['0 a started', '1000 a completed', '1500 a stopped']);
    expect(quick.announces[2].action.timeoutMs).toBe(1500);
    expect(quick.stoppedAt).toBe(1510);

    const slow = slowly(5000);
    slow.send({ type: 'completed' });
    slow.send({ type: 'stop' });
    slow.run(10_000);
    expect(slow.stoppedAt).toBe(3000);
  });

  test('a download that ends before the tracker answered says started, completed, stopped', () => {
    const world = new ScriptedTrackers([[A]], {
      [A]: (event) => answering(goodAnswer(), event === 'started' ? 9000 : 10),
    }).start();
    world.run(100);
    world.send({ type: 'completed' });
    world.send({ type: 'stop' });
    world.run(1000);
    expect(world.log).toEqual(['0 a started', '100 a completed', '110 a stopped']);
  });

  test('an answer that comes during the stop brings no peers', () => {
    const world = new ScriptedTrackers([[A]], { [A]: answering() }).start().run(1000);
    world.send({ type: 'stop' });
    world.run(1000);
    expect(world.peers).toHaveLength(1);
  });

  test('repeated stops are one; a start after it begins anew', () => {
    const world = new ScriptedTrackers([[A]], { [A]: answering() }).start().run(1000);
    world.send({ type: 'stop' });
    world.send({ type: 'stop' });
    world.run(1000);
    expect(world.log).toEqual(['0 a started', '1000 a stopped']);
    world.start().run(1000);
    expect(world.log[2]).toBe('2000 a started');
  });
});

test('any course of events: started first, completed at most once, stopped last and only to those that know us', () => {
  const step = fc.oneof(
    fc.constantFrom('completed' as const, 'partial-seed' as const, 'more-peers' as const, 'stop' as const, 'start' as const),
    fc.integer({ min: 1, max: 4_000_000 }),
  );
  const reaction = fc.oneof(
    fc.integer({ min: 0, max: 29_000 }).map((afterMs) => answering(goodAnswer({ intervalSeconds: 900 }), afterMs)),
    fc.constantFrom(DEAD, REFUSED),
  );
  const reactions = fc.array(reaction, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), reactions, reactions, reactions, fc.integer(), (steps, a, b, c, seed) => {
      const script = (list: typeof a) => (_: unknown, count: number) => list[count % list.length];
      const world = new ScriptedTrackers([[A, B], [C]], { [A]: script(a), [B]: script(b), [C]: script(c) }, { seed }).start();
      for (const one of steps) {
        if (typeof one === 'number') world.run(one);
        else if (one === 'start') world.start();
        else world.send({ type: one });
      }
      world.send({ type: 'stop' });
      const stoppedBy = world.now + 2000;
      world.run(2000);
      expect(world.stoppedAt).not.toBeNull();
      expect(world.stoppedAt).toBeLessThanOrEqual(stoppedBy);
      expect(world.machine.nextTimeout()).toBeNull();
      const last = world.announces.at(-1)?.run ?? 0;
      for (const url of [A, B, C]) {
        for (let run = 0; run <= last; run++) {
          const asked = world.announces.filter((announce) => announce.url === url && announce.run === run);
          const events = asked.map(({ event }) => event);
          expect(events[0] ?? 'started').toBe('started');
          expect(asked.filter(({ event, isRead }) => event === 'completed' && isRead).length).toBeLessThanOrEqual(1);
          if (events.includes('stopped')) {
            expect(events.indexOf('stopped')).toBe(events.length - 1);
            expect(asked.some(({ event, isRead }) => event === 'started' && isRead)).toBe(true);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});

describe('a partial seed (BEP 21)', () => {
  const U = 'udp://u';

  test('says paused after started and from then on, and stopped at the end', () => {
    const world = new ScriptedTrackers([[A]], { [A]: answering() }).start(false, true).run(31 * MINUTE);
    world.send({ type: 'stop' });
    world.run(MINUTE);
    expect(world.eventsOf(A)).toEqual(['started', 'paused', 'paused', 'stopped']);
  });

  test('who becomes one says so at once to those that count it, and not completed', () => {
    const scripts = { [A]: answering(), [B]: answering() };
    const world = new ScriptedTrackers([[A], [B]], scripts).start().run(MINUTE);
    world.send({ type: 'partial-seed' });
    world.send({ type: 'partial-seed' });
    world.run(40 * MINUTE);
    expect(world.eventsOf(A)).toEqual(['started', 'paused', 'paused']);
    expect(world.eventsOf(B)).toEqual([]);
  });

  test('who becomes one while it is announced waits for the answer', () => {
    const world = new ScriptedTrackers([[A]], { [A]: answering(goodAnswer(), 1000) }).start().run(500);
    world.send({ type: 'partial-seed' });
    expect(world.run(MINUTE).log).toEqual(['0 a started', '1000 a paused']);
  });

  test('a tracker that refuses the word is asked without it', () => {
    const refusal = { afterMs: 1, isSent: true, failure: { code: 'failure_reason', message: 'unknown event' } } as const;
    const script = (event: unknown) => (event === 'paused' ? refusal : answering());
    const world = new ScriptedTrackers([[A]], { [A]: script }).start(false, true).run(40 * MINUTE);
    expect(world.eventsOf(A)).toEqual(['started', 'paused', null, null]);
  });

  test('one that was silent for a moment is told again', () => {
    const script = (_: unknown, count: number) => (count === 1 ? REFUSED : answering());
    const world = new ScriptedTrackers([[A]], { [A]: script }).start(false, true).run(MINUTE);
    expect(world.eventsOf(A)).toEqual(['started', 'paused', 'paused']);
  });

  test('datagrams have no word for it: no further announce is made', () => {
    const scripts = { [U]: answering() };
    const world = new ScriptedTrackers([[U]], scripts, { schemes: ['udp'] }).start(false, true).run(MINUTE);
    expect(world.eventsOf(U)).toEqual(['started']);
  });
});
