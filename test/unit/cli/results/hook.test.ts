// A hook that is another user's by now (sudo, a setuid program) can't be signalled: it is waited for, until it was to be killed.

import { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { CONFIG } from '../../../../src/engine/config.js';
import { runHook } from '../../../../src/cli/results/hook.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** As Node tells it: an event, and no exception. */
function refuseSignals(): NodeJS.Signals[] {
  const refused: NodeJS.Signals[] = [];
  vi.spyOn(ChildProcess.prototype, 'kill').mockImplementation(function refuse(this: ChildProcess, signal) {
    refused.push(signal as NodeJS.Signals);
    this.emit('error', Object.assign(new Error('kill EPERM'), { code: 'EPERM' }));
    return false;
  });
  return refused;
}

interface Started {
  readonly done: Promise<void>;
  /** What it has written so far. */
  readonly lines: string[];
  stop(): void;
}

/** `script` is of sh; resolves with its first line. */
async function started(script: string, timeoutMs = 0): Promise<Started> {
  const stop = new AbortController();
  const lines: string[] = [];
  return new Promise((resolve) => {
    const done = runHook({
      option: '--exec',
      words: ['sh', '-c', script],
      input: '',
      environment: {},
      timeoutMs,
      signal: stop.signal,
      stopSignal: () => 'SIGINT',
      onLine: (line) => {
        lines.push(line);
        if (lines.length === 1) resolve({ done, lines, stop: () => stop.abort() });
      },
      onExit: () => () => {},
    });
    // The test looks at it later.
    done.catch(() => {});
  });
}

test('a refused signal is no failed start: the hook ends as it does', async () => {
  const refused = refuseSignals();
  const folder = await mkdtemp(path.join(tmpdir(), 'effusion-hook-'));
  const hook = await started(`cd '${folder}'; echo started; until [ -e go ]; do sleep 0.01; done; exit 3`);
  hook.stop();
  await writeFile(path.join(folder, 'go'), '');
  await expect(hook.done).rejects.toThrow('--exec: sh ended with 3');
  expect(refused).toEqual(['SIGINT']);
  await rm(folder, { recursive: true });
});

test('nor is one that was to stop before it began', async () => {
  const refused = refuseSignals();
  const end = runHook({
    option: '--exec',
    words: ['sh', '-c', 'exit 3'],
    input: '',
    environment: {},
    timeoutMs: 0,
    signal: AbortSignal.abort(),
    stopSignal: () => 'SIGINT',
    onLine: () => {},
    onExit: () => () => {},
  });
  await expect(end).rejects.toThrow('--exec: sh ended with 3');
  expect(refused).toEqual(['SIGINT']);
});

test.each([
  ['a stop', 0, '--exec: sh could not be ended, and goes on: not permitted (EPERM)'],
  ['its time', 1000, '--exec: sh took longer than --exec-timeout, and could not be ended, and goes on: not permitted (EPERM)'],
])('one that cannot be killed either is left behind, and said so: %s', async (_, timeoutMs, message) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const refused = refuseSignals();
  const hook = await started('echo $$; exec sleep 60', timeoutMs);
  try {
    if (timeoutMs === 0) hook.stop();
    else await vi.advanceTimersByTimeAsync(timeoutMs);
    expect(refused).toHaveLength(1);
    const said = expect(hook.done).rejects.toThrow(message);
    await vi.advanceTimersByTimeAsync(CONFIG.results.hookKillMs);
    await vi.advanceTimersByTimeAsync(CONFIG.results.hookOutputMs);
    vi.useRealTimers();
    await said;
    expect(refused[1]).toBe('SIGKILL');
  } finally {
    process.kill(Number(hook.lines[0]), 'SIGKILL');
  }
});
