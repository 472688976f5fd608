// The life of a real thread: in processes of their own, which have nothing else that keeps them.

import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startChild } from '../../support/child-process.js';

const SOURCE = JSON.stringify(path.resolve('src/storage/piece-hash-thread.ts'));

/** What a process says that runs `script` once its thread is ready, and does nothing more. */
async function say(script: string): Promise<{ code: number | null; stdout: string }> {
  const source = `
    import { startPieceHashThread } from ${SOURCE};
    const bytes = (length) => new Uint8Array(new SharedArrayBuffer(length));
    /** Nothing that a thread could read: it dies of it. */
    const poison = { buffer: new SharedArrayBuffer(10), byteOffset: 1000, length: 10 };
    const keep = setTimeout(() => {}, 30_000);
    let answers = 0;
    const thread = startPieceHashThread({
      onReady: () => { clearTimeout(keep); ready(); },
      onAnswer: (digest) => answers++ >= 0 && console.log(Buffer.from(digest).toString('hex')),
      onEnd: () => console.log('lost'),
    });
    const ready = () => { ${script} };`;
  const { code, stdout } = await startChild(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
    timeoutMs: 20_000,
  }).ended;
  return { code, stdout };
}

describe('a process that has nothing else to do', () => {
  test('waits for the digests that are out, and then ends', async () => {
    const { code, stdout } = await say('thread.post(bytes(30_000_000)); thread.post(bytes(1));');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(3);
    expect(stdout).toContain('\n5ba93c9db0cff93f52b521d7420e43f6eda2784f\n');
  });

  test('is not kept by a thread that has nothing to do', async () => {
    expect(await say('')).toEqual({ code: 0, stdout: '' });
  });

  test('hears that the thread is gone with what it had', async () => {
    expect(await say('thread.post(poison);')).toEqual({ code: 0, stdout: 'lost\n' });
  });

  test('hears nothing of one that it stopped', async () => {
    expect(await say('thread.post(bytes(30_000_000)); thread.stop();')).toEqual({ code: 0, stdout: '' });
  });

  test('ends at once where it is told to, whatever is out', async () => {
    expect(await say('thread.post(bytes(30_000_000)); process.exit(3);')).toEqual({ code: 3, stdout: '' });
  });

  test('hears of answers in later turns without asking for them', async () => {
    const { code, stdout } = await say(`
      let left = 3;
      const next = () => { if (left-- > 0) { thread.post(bytes(2_000_000)); setTimeout(next, 50); } };
      next();`);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(3);
  });

  test('hears of one that follows an answer which it fetched before its event came', async () => {
    const { code, stdout } = await say(`
      thread.post(bytes(30_000_000));
      setImmediate(() => {
        while (answers === 0) thread.poll();
        setTimeout(() => thread.post(bytes(1)), 50);
      });`);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(2);
  });
});
