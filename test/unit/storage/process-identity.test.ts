import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { isSameProcessAlive, readBootId, readStartTicks } from '../../../src/storage/process-identity.js';

test('this process is alive, and only as itself', () => {
  const ticks = readStartTicks(process.pid);
  expect(isSameProcessAlive(process.pid, ticks)).toBe(true);
  expect(isSameProcessAlive(process.pid, null)).toBe(true);
  if (ticks !== null) expect(isSameProcessAlive(process.pid, `${ticks}0`)).toBe(false);
});

test('a process that has ended is not alive', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  const { pid } = child;
  await once(child, 'exit');
  expect(pid).toBeDefined();
  expect(isSameProcessAlive(pid ?? 0, null)).toBe(false);
});

test('the boot id does not change while the machine runs', () => {
  expect(readBootId()).toBe(readBootId());
  if (process.platform === 'linux') expect(readBootId()).toMatch(/^[0-9a-f-]{36}$/);
});
