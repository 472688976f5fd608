// opentracker: a tracker that speaks HTTP and UDP, for one torrent, on 127.0.0.1 or ::1. It is built for the one family or the other, and
// Debian builds it for IPv4: EFFUSION_OPENTRACKER_V6 may name one that was built for IPv6, with its make's
// FEATURES="-DWANT_V6 -DWANT_ACCESSLIST_WHITE" and Debian's libowfat-dev.

import { spawnSync } from 'node:child_process';
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

type Host = '127.0.0.1' | '::1';

function programFor(host: Host): string {
  return (host === '::1' ? process.env.EFFUSION_OPENTRACKER_V6 : undefined) ?? 'opentracker';
}

/** As it stands in a URL. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Whether there is one that can be bound to an address of IPv6; it says so and ends where it can't. */
export function isOpentrackerOfIpv6(): boolean {
  // With nothing to do but to read its arguments it ends at once; one that could would stay, and is ended by the time-out.
  const { stdout, stderr, error } = spawnSync(programFor('::1'), ['-i', '::1', '-p', '0', '-P', '0'], {
    encoding: 'utf8',
    timeout: 2000,
  });
  const isThere = error === undefined || (error as NodeJS.ErrnoException).code === 'ETIMEDOUT';
  return isThere && !/V4 only|Usage:/.test(`${stdout}${stderr}`);
}

/** Serves `infoHash` (hexadecimal) and no other: Debian builds it so that each must be named. Ends with the running test. */
export async function startOpentracker(infoHash: string, host: Host = '127.0.0.1'): Promise<OpenTracker> {
  // It changes its root to this folder and its user to nobody where it is started by root.
  const root = join(await makeTempFolder(), 'tracker');
  await mkdir(root, { mode: 0o755 });
  await writeFile(join(root, 'whitelist.txt'), `${infoHash}\n`, { mode: 0o644 });
  const [httpPort, udpPort] = [await freePort(), await freePort()];
  const args = ['-i', host, '-p', String(httpPort), '-P', String(udpPort), '-d', root, '-w', 'whitelist.txt'];
  const child = startChild(programFor(host), args, { cwd: root, timeoutMs: 120_000 });
  const ended = new AbortController();
  void child.ended.finally(() => ended.abort()).catch(() => undefined);
  const hash = Array.from(infoHash.matchAll(/../g), ([digits]) => `%${digits}`).join('');
  const seeds = async (count: number): Promise<void> => {
    // It says nothing when it listens nor when somebody announces: asking again is the only way to wait.
    while (!ended.signal.aborted) {
      const answer = await fetch(`http://${urlHost(host)}:${httpPort}/scrape?info_hash=${hash}`).catch(() => null);
      const text = answer === null ? '' : new TextDecoder('latin1').decode(await answer.arrayBuffer());
      if (Number(/8:completei(\d+)e/.exec(text)?.[1] ?? (answer === null ? -1 : 0)) === count) return;
      await delay(50);
    }
    throw new Error(`opentracker ended: ${child.output()}`);
  };
  await seeds(0);
  return { httpPort, udpPort, seeds };
}
