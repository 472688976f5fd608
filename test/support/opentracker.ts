// Debian's opentracker: a tracker that speaks HTTP and UDP, for one torrent, on 127.0.0.1.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from './child-process.js';
import { freePort } from './free-port.js';
import { makeTempFolder } from './temp-folder.js';

export interface OpenTracker {
  readonly httpPort: number;
  readonly udpPort: number;
  /** Resolves when it knows of so many seeds. */
  seeds(count: number): Promise<void>;
}

/** Serves `infoHash` (hexadecimal) and no other: Debian builds it so that each must be named. Ends with the running test. */
export async function startOpentracker(infoHash: string): Promise<OpenTracker> {
  // It changes its root to this folder and its user to nobody where it is started by root.
  const root = join(await makeTempFolder(), 'tracker');
  await mkdir(root, { mode: 0o755 });
  await writeFile(join(root, 'whitelist.txt'), `${infoHash}\n`, { mode: 0o644 });
  const [httpPort, udpPort] = [await freePort(), await freePort()];
  const args = ['-i', '127.0.0.1', '-p', String(httpPort), '-P', String(udpPort), '-d', root, '-w', 'whitelist.txt'];
  const child = startChild('opentracker', args, { cwd: root, timeoutMs: 120_000 });
  const ended = new AbortController();
  void child.ended.finally(() => ended.abort()).catch(() => undefined);
  const hash = Array.from(infoHash.matchAll(/../g), ([digits]) => `%${digits}`).join('');
  const seeds = async (count: number): Promise<void> => {
    // It says nothing when it listens nor when somebody announces: asking again is the only way to wait.
    while (!ended.signal.aborted) {
      const answer = await fetch(`http://127.0.0.1:${httpPort}/scrape?info_hash=${hash}`).catch(() => null);
      const text = answer === null ? '' : new TextDecoder('latin1').decode(await answer.arrayBuffer());
      if (Number(/8:completei(\d+)e/.exec(text)?.[1] ?? (answer === null ? -1 : 0)) === count) return;
      await delay(50);
    }
    throw new Error(`opentracker ended: ${child.output()}`);
  };
  await seeds(0);
  return { httpPort, udpPort, seeds };
}
