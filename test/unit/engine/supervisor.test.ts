import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { SessionCrashedError, StalledError } from '../../../src/engine/session-error.js';
import type { ServerSnapshot } from '../../../src/engine/server-snapshot.js';
import type { SessionOptions } from '../../../src/engine/session-options.js';
import type { DownloadResult, SessionServer } from '../../../src/engine/session-server.js';
import { Supervisor, type SupervisedSession } from '../../../src/engine/supervisor.js';
import type { Metainfo } from '../../../src/metainfo/metainfo.js';

const METAINFO = {} as Metainfo;
const STOPPED: DownloadResult = { status: 'stopped', reason: 'test' };

/** A session that ends when the test says so. */
class FakeSession {
  havePieces = 0;
  isComplete = false;
  uploadedBytes = 0;
  readonly stopReasons: string[] = [];
  end: (result: DownloadResult) => void = () => undefined;
  fail: (error: Error) => void = () => undefined;
  readonly #done = new Promise<DownloadResult>((resolve, reject) => {
    this.end = resolve;
    this.fail = reject;
  });

  done(): Promise<DownloadResult> {
    return this.#done;
  }

  snapshot(): Pick<ServerSnapshot, 'havePieces' | 'isComplete' | 'uploadedBytes'> {
    const { havePieces, isComplete, uploadedBytes } = this;
    return { havePieces, isComplete, uploadedBytes };
  }

  async stop(reason: string): Promise<void> {
    this.stopReasons.push(reason);
    this.end({ status: 'stopped', reason });
    await this.#done.catch(() => undefined);
  }
}

function crash(n = 0): SessionCrashedError {
  return new SessionCrashedError(`crash ${n}`, { infoHash: '' });
}

interface Rig {
  readonly sessions: FakeSession[];
  readonly session: SupervisedSession;
  now: number;
  /** The next starts wait until it is called. */
  hold(): () => void;
  failStart: Error | null;
  /** Resolves when so many were started. */
  started(count: number): Promise<FakeSession>;
}

async function supervise(options: SessionOptions = {}): Promise<Rig> {
  const sessions: FakeSession[] = [];
  let gate: Promise<void> | null = null;
  let wake = (): void => undefined;
  const rig = {
    sessions,
    now: 0,
    failStart: null as Error | null,
    hold: () => {
      let open = (): void => undefined;
      gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      return open;
    },
    started: async (count: number) => {
      while (sessions.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      // The supervisor hears of it after the start that made it.
      await setImmediate();
      return sessions[count - 1];
    },
  };
  const start = async (): Promise<SessionServer> => {
    await gate;
    if (rig.failStart !== null) throw rig.failStart;
    const session = new FakeSession();
    sessions.push(session);
    wake();
    return session as unknown as SessionServer;
  };
  const supervisor = new Supervisor({ maxRestarts: 3, windowMs: 5000 }, start, () => rig.now);
  const session = await supervisor.start(METAINFO, {}, null, options);
  if (session === null) throw new Error('it was not disabled');
  return Object.assign(rig, { session });
}

test('a crash is followed by another start, and done() by its end', async () => {
  const rig = await supervise();
  rig.sessions[0].fail(crash());
  const second = await rig.started(2);
  expect(rig.session.restarts).toBe(1);
  expect(rig.session.current).toBe(second);
  second.end(STOPPED);
  expect(await rig.session.done()).toBe(STOPPED);
});

test('the fourth crash within five seconds is the last', async () => {
  const rig = await supervise();
  for (let n = 1; n <= 4; n++) {
    const session = await rig.started(n);
    rig.now += 1600;
    session.fail(crash(n));
  }
  // The first one is 4800 ms old by then.
  await expect(rig.session.done()).rejects.toThrow('crash 4');
  expect(rig.sessions).toHaveLength(4);
  expect(rig.session.restarts).toBe(3);
});

test.each([
  ['store a piece each', (n: number) => ({ havePieces: n })],
  ['store one now and then', (n: number) => ({ havePieces: Math.floor(n / 3) })],
  ['are whole and upload', () => ({ havePieces: 9, isComplete: true, uploadedBytes: 1 })],
])('crashes that are further apart go on for ever where the sessions %s', async (_, progress) => {
  const rig = await supervise();
  for (let n = 1; n <= 20; n++) {
    const session = Object.assign(await rig.started(n), progress(n));
    rig.now += 1700;
    session.fail(crash(n));
  }
  (await rig.started(21)).end(STOPPED);
  expect(await rig.session.done()).toBe(STOPPED);
});

test.each([
  ['nothing is there', () => ({ havePieces: 0 })],
  ['what is there does not grow', () => ({ havePieces: 7 })],
  ['it shrinks', (n: number) => ({ havePieces: 7 - n })],
  ['all is there, and nobody gets it', () => ({ havePieces: 9, isComplete: true })],
])('three restarts in a row that lead nowhere are the last, however far apart: %s', async (_, progress) => {
  const rig = await supervise();
  for (let n = 1; n <= 4; n++) {
    const session = Object.assign(await rig.started(n), progress(n));
    rig.now += 3_600_000;
    session.fail(crash(n));
  }
  await expect(rig.session.done()).rejects.toThrow('crash 4');
  expect(rig.sessions).toHaveLength(4);
});

test('an orderly bad end is not followed by a start', async () => {
  const rig = await supervise();
  const error = new StalledError('stalled', { timeoutMs: 1, explanation: '' });
  rig.sessions[0].fail(error);
  await expect(rig.session.done()).rejects.toBe(error);
  expect(rig.sessions).toHaveLength(1);
});

test('a restart that is refused is the end, with its reason', async () => {
  const rig = await supervise();
  rig.failStart = new Error('the folder is in use');
  rig.sessions[0].fail(crash());
  await expect(rig.session.done()).rejects.toBe(rig.failStart);
});

test('a first start that fails rejects, and is not tried again', async () => {
  const reason = new Error('refused');
  let starts = 0;
  const supervisor = new Supervisor(undefined, () => {
    starts++;
    return Promise.reject(reason);
  });
  await expect(supervisor.start(METAINFO, {}, null)).rejects.toBe(reason);
  expect(starts).toBe(1);
});

test('a signal ends the waiting alone', async () => {
  const rig = await supervise();
  const reason = new Error('no patience');
  await expect(rig.session.done({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  rig.sessions[0].end(STOPPED);
  expect(await rig.session.done()).toBe(STOPPED);
});

describe('an end in the middle of a restart', () => {
  test('by stop: what comes up is stopped', async () => {
    const rig = await supervise();
    const open = rig.hold();
    rig.sessions[0].fail(crash());
    await rig.sessions[0].done().catch(() => undefined);
    const stopping = rig.session.stop('enough');
    open();
    await stopping;
    expect(rig.sessions).toHaveLength(2);
    expect(rig.sessions[1].stopReasons).toEqual(['enough']);
    expect(await rig.session.done()).toEqual({ status: 'stopped', reason: 'enough' });
  });

  test('by the owner: it is stopped, not failed', async () => {
    const owner = new AbortController();
    const rig = await supervise({ owner: { signal: owner.signal } });
    const open = rig.hold();
    rig.sessions[0].fail(crash());
    await rig.sessions[0].done().catch(() => undefined);
    await Promise.resolve();
    owner.abort();
    rig.failStart = new Error('aborted');
    open();
    expect(await rig.session.done()).toEqual({ status: 'stopped', reason: 'owner' });
  });
});

test('a session that was told to stop is not restarted when that crashes', async () => {
  const rig = await supervise();
  const stopping = rig.session.stop('enough');
  await stopping;
  expect(await rig.session.done()).toEqual({ status: 'stopped', reason: 'enough' });
  expect(rig.sessions).toHaveLength(1);
});
