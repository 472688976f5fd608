import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LoopClock } from '../../../src/engine/loop-clock.js';
import { SessionLoop } from '../../../src/engine/session-loop.js';
import type { SessionAction } from '../../../src/session/actions.js';
import type { SessionEvent } from '../../../src/session/events.js';
import type { Session } from '../../../src/session/session.js';

/** A session that records, answers with what it is told, and wants to be woken when it is told. */
class FakeSession {
  readonly handled: string[] = [];
  answers: SessionAction[] = [];
  wakeAt: number | null = null;
  failure: Error | null = null;

  handle(event: SessionEvent, now: number): SessionAction[] {
    this.handled.push(`${event.type} at ${now}`);
    if (event.type === 'timeout') this.wakeAt = null;
    if (this.failure !== null) throw this.failure;
    return this.answers.splice(0);
  }

  nextTimeout(): number | null {
    return this.wakeAt;
  }
}

const STARVED: SessionAction = { type: 'announce', event: 'more-peers' };
const STOP: SessionEvent = { type: 'stop' };

function loop(execute: (action: SessionAction, loop: SessionLoop) => void = () => undefined): {
  session: FakeSession;
  loop: SessionLoop;
  crashes: unknown[];
} {
  const session = new FakeSession();
  const crashes: unknown[] = [];
  const made: SessionLoop = new SessionLoop(session as unknown as Session, new LoopClock(() => performance.now(), 1000), {
    execute: (action) => execute(action, made),
    onCrash: (error) => crashes.push(error),
  });
  return { session, loop: made, crashes };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('an event that an action causes waits its turn', () => {
  const order: string[] = [];
  const rig = loop((_, own) => {
    order.push(`action, ${rig.session.handled.length} handled, busy ${own.isBusy}`);
    own.dispatch({ type: 'timeout' });
  });
  rig.session.answers = [STARVED, STARVED];
  rig.loop.dispatch(STOP);
  expect(order).toEqual(['action, 1 handled, busy true', 'action, 1 handled, busy true']);
  expect(rig.session.handled).toEqual(['stop at 0', 'timeout at 0', 'timeout at 0']);
  expect(rig.loop.isBusy).toBe(false);
});

describe('the timer', () => {
  test('follows the next timeout, looked at once a turn', async () => {
    const { session, loop: own } = loop();
    session.wakeAt = 500;
    own.dispatch(STOP);
    own.dispatch(STOP);
    await Promise.resolve();
    expect(vi.getTimerCount()).toBe(1);
    session.wakeAt = 200;
    own.dispatch(STOP);
    await Promise.resolve();
    vi.advanceTimersByTime(200);
    expect(session.handled.at(-1)).toBe('timeout at 200');
    await Promise.resolve();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('of a time that is long past fires at once, and the clock does not go back', async () => {
    const { session, loop: own } = loop();
    own.dispatch(STOP);
    await Promise.resolve();
    vi.advanceTimersByTime(60_000);
    session.wakeAt = 100;
    own.dispatch(STOP);
    await Promise.resolve();
    expect(own.now).toBe(60_000);
    vi.advanceTimersByTime(5);
    expect(session.handled.slice(1)).toEqual(['stop at 60000', 'timeout at 60000']);
  });

  test('that comes hours late counts as a second late', async () => {
    const { session, loop: own } = loop();
    session.wakeAt = 100;
    own.dispatch(STOP);
    await Promise.resolve();
    const source = vi.spyOn(performance, 'now').mockReturnValue(3_600_000);
    vi.runOnlyPendingTimers();
    expect(session.handled.at(-1)).toBe('timeout at 1100');
    source.mockRestore();
  });
});

describe('a crash', () => {
  test('of the session is told once, and nothing is handled after it', async () => {
    const { session, loop: own, crashes } = loop();
    session.wakeAt = 100;
    own.dispatch(STOP);
    await Promise.resolve();
    session.failure = new TypeError('a bug');
    own.dispatch(STOP);
    own.dispatch(STOP);
    own.crash(new Error('another'));
    expect(crashes).toEqual([session.failure]);
    expect(session.handled).toHaveLength(2);
    expect(own).toMatchObject({ hasCrashed: true, isEnded: true });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('of an action drops what was still to be done', () => {
    let executed = 0;
    const rig = loop(() => {
      executed++;
      throw new TypeError('a bug');
    });
    rig.session.answers = [STARVED, STARVED];
    rig.loop.dispatch(STOP);
    expect(executed).toBe(1);
    expect(rig.crashes).toHaveLength(1);
  });
});

test('an end within an action drops the rest, and is no crash', () => {
  let executed = 0;
  const rig = loop((_, own) => {
    executed++;
    own.dispatch({ type: 'timeout' });
    own.end();
  });
  rig.session.answers = [STARVED, STARVED];
  rig.loop.dispatch(STOP);
  rig.loop.dispatch(STOP);
  expect(executed).toBe(1);
  expect(rig.session.handled).toEqual(['stop at 0']);
  expect(rig.loop).toMatchObject({ hasCrashed: false, isEnded: true });
  expect(rig.crashes).toEqual([]);
});
