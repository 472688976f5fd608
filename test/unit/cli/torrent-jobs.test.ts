import { describe, expect, test } from 'vitest';
import type { CommandContext } from '../../../src/cli/command-context.js';
import { SameTorrentError } from '../../../src/cli/claims.js';
import { CommandError } from '../../../src/cli/command-error.js';
import { Interruption } from '../../../src/cli/interruption.js';
import { RunEnd, RunEndedError } from '../../../src/cli/run-end.js';
import {
  describeFailures,
  describeTally,
  exitCodeOfJobs,
  type JobTally,
  NOTHING_DONE,
  runJobs,
  type TorrentJob,
} from '../../../src/cli/torrent-jobs.js';
import type { TorrentItem } from '../../../src/cli/torrent-list.js';
import { NoPeersError, StalledError } from '../../../src/engine/session-error.js';

const item = (label: string, origin: string | null = null): TorrentItem => ({
  text: label,
  label,
  origin,
  argument: { kind: 'file', path: label },
});
const detail = { timeoutMs: 1, explanation: '' };
const noPeers = new NoPeersError('no peer answered', detail);
const stalled = new StalledError('no data came', detail);

function begin(timeoutMs = 0) {
  const interruption = new Interruption(() => undefined);
  const end = new RunEnd(interruption, timeoutMs);
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const context = { board: { log, always: log } } as unknown as CommandContext;
  return { interruption, end, lines, context };
}

async function run(items: readonly TorrentItem[], work: (job: TorrentJob) => Promise<void>, jobs = 2) {
  const { end, lines, context, interruption } = begin();
  const tally = await runJobs({ items, jobs, end, work }, context);
  end.close();
  return { tally, lines, exitCode: exitCodeOfJobs(tally, end, interruption.exitCode) };
}

const ok = (): Promise<void> => Promise.resolve();

describe('some at a time', () => {
  test('never more than asked for, and each in its turn', async () => {
    const { end, context } = begin();
    let running = 0;
    const seen: number[] = [];
    const order: string[] = [];
    const finish: (() => void)[] = [];
    const tallies: string[] = [];
    const items = ['a', 'b', 'c', 'd', 'e'].map((name) => item(name));
    const done = runJobs(
      {
        items,
        jobs: 2,
        end,
        onChange: (tally) => tallies.push(describeTally(tally)),
        work: async (job) => {
          order.push(job.item.label);
          seen.push(++running);
          await new Promise<void>((resolve) => {
            finish.push(resolve);
          });
          running--;
        },
      },
      context,
    );
    for (let begun = 0; begun < items.length; begun++) {
      await expect.poll(() => finish.length).toBeGreaterThan(begun);
      finish[begun]();
    }
    expect(await done).toEqual({ done: 5, failures: [], stopped: 0, unbegun: 0, running: 0, total: 5 });
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(Math.max(...seen)).toBe(2);
    expect(tallies).toContain('5 torrents: 1 done, 2 running, 2 waiting');
    expect(tallies.at(-1)).toBe('5 torrents: 5 done');
    end.close();
  });
});

describe('the exit code, and a line for each that failed', () => {
  const failing = (errors: Record<string, Error>) => (job: TorrentJob) => {
    const error = errors[job.item.label];
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  };

  test('all done', async () => {
    expect(await run([item('a'), item('b')], ok)).toMatchObject({ exitCode: 0, lines: [] });
  });

  test('one of one: its code, and its line as it would be alone', async () => {
    const { exitCode, lines } = await run([item('a')], failing({ a: noPeers }));
    expect(exitCode).toBe(5);
    expect(lines).toEqual([expect.stringMatching(/^effusion: error: no peer answered\. .* \(exit 5\)$/)]);
  });

  test('some: 14', async () => {
    const { exitCode, lines, tally } = await run([item('a'), item('b'), item('c')], failing({ b: noPeers }));
    expect(exitCode).toBe(14);
    expect(lines).toEqual([expect.stringMatching(/^effusion: error: b: no peer answered\. .* \(exit 5\)$/)]);
    expect(describeFailures(tally, exitCode)).toBe('effusion: error: 1 of 3 torrents failed: b. (exit 14)');
  });

  test('all, of the same cause: its code', async () => {
    expect((await run([item('a'), item('b')], failing({ a: noPeers, b: noPeers }))).exitCode).toBe(5);
  });

  test('all, of different causes: 14', async () => {
    expect((await run([item('a'), item('b')], failing({ a: noPeers, b: stalled }))).exitCode).toBe(14);
  });

  test('named twice: no failure, and one less', async () => {
    const same = new SameTorrentError('named twice: it is taken once', { by: 'a' });
    const { exitCode, lines, tally } = await run([item('a'), item('b', 'l.txt line 2')], failing({ b: same }));
    expect(exitCode).toBe(0);
    expect(lines).toEqual(['l.txt line 2: b: named twice: it is taken once']);
    expect(tally).toMatchObject({ done: 1, total: 1 });
  });

  test('a bug is told with its torrent and its stack, and ends nothing else', async () => {
    const { exitCode, lines, tally } = await run([item('a'), item('b')], failing({ a: new TypeError('oops') }));
    expect(exitCode).toBe(14);
    expect(tally.done).toBe(1);
    expect(lines[0]).toMatch(/^effusion: error: a: this is a bug: TypeError: oops\n +at /);
  });

  test('the line of a list is named until the torrent has a name, which is not said twice', async () => {
    const { lines } = await run([item('a', 'l.txt line 1'), item('b', 'l.txt line 2'), item('c')], (job) => {
      if (job.item.label === 'b') job.name = 'data.bin';
      if (job.item.label === 'c')
        return Promise.reject(new CommandError('torrent_unreadable', 'cannot read c: it is a folder', ''));
      return Promise.reject(noPeers);
    });
    expect(lines[0]).toContain('error: l.txt line 1: no peer answered');
    expect(lines[1]).toContain('error: data.bin: no peer answered');
    expect(lines[2]).toContain('error: cannot read c: it is a folder');
  });

  test('many failures are counted in the last line, not all named', () => {
    const failures = Array.from({ length: 13 }, (_, index) => ({ name: `t${index}`, exitCode: 5 }));
    const text = describeFailures({ ...NOTHING_DONE, failures, unbegun: 4, total: 20 }, 14);
    expect(text).toMatch(/^effusion: error: 17 of 20 torrents failed: t0, .*, t9, 3 more, 4 not begun\. \(exit 14\)$/);
  });
});

describe('the end of the run', () => {
  test('a signal: what runs is stopped, what waits is not begun, and the signal decides the code', async () => {
    const { interruption, end, lines, context } = begin();
    const stopped = runJobs(
      {
        items: ['a', 'b', 'c'].map((name) => item(name)),
        jobs: 2,
        end,
        work: (job) => (job.item.label === 'a' ? Promise.reject(noPeers) : end.waitFor(new Promise<void>(() => {}))),
      },
      context,
    );
    await expect.poll(() => lines.length).toBe(1);
    interruption.request('SIGTERM');
    const tally: JobTally = await stopped;
    expect(tally).toMatchObject({ done: 0, stopped: 2, unbegun: 0, running: 0 });
    expect(exitCodeOfJobs(tally, end, interruption.exitCode)).toBe(143);
    expect(end.takeNotice()).toBe('stopping (SIGTERM); once more to stop at once');
    expect(end.takeNotice()).toBe(null);
    end.close();
  });

  test('the time is up before some had their turn: 124 where all end so, 14 where one was done', async () => {
    const outcomes = await Promise.all(
      [true, false].map(async (isFirstDone) => {
        const { end, context } = begin(20);
        const items = ['a', 'b', 'c'].map((name) => item(name));
        const work = async (job: TorrentJob): Promise<void> => {
          if (isFirstDone && job.item.label === 'a') return;
          await end.waitFor(new Promise<void>(() => {})).catch(() => {
            throw new CommandError('timed_out', `${job.name}: up`, '');
          });
        };
        const tally = await runJobs({ items, jobs: 1, end, work }, context);
        return exitCodeOfJobs(tally, end, null);
      }),
    );
    expect(outcomes).toEqual([14, 124]);
  });

  test('nobody reads the results any more: no signal, so what was not begun is a failure', async () => {
    const { interruption, end, context } = begin();
    const items = ['a', 'b'].map((name) => item(name));
    const work = async (): Promise<void> => interruption.request('EPIPE');
    const tally = await runJobs({ items, jobs: 1, end, work }, context);
    expect(tally).toMatchObject({ done: 1, unbegun: 1 });
    expect(exitCodeOfJobs(tally, end, interruption.exitCode)).toBe(14);
    expect(end.takeNotice()).toBe('stopping (EPIPE); once more to stop at once');
    end.close();
  });

  test('waiting ends with it, also where it has ended before', async () => {
    const { interruption, end } = begin();
    interruption.request('SIGINT');
    await expect(end.waitFor(new Promise<void>(() => {}))).rejects.toBeInstanceOf(RunEndedError);
    expect(end.cause).toBe('SIGINT');
    end.close();
  });
});
