// transmission-daemon as the other side, steered over its RPC: one daemon, one torrent, a settings folder of its own.
// It never dials a 127.0.0.x address (it takes them for nonsense), so whoever is to speak to it here must dial it.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild, type Child } from './child-process.js';
import { freePort } from './free-port.js';

export interface TransmissionPeer {
  readonly child: Child;
  /** Resolves when every byte is there and verified: at once for a seeder, at the end for a leecher. */
  complete(timeoutMs?: number): Promise<void>;
}

/** Starts a daemon on `port` that has `torrent` in `folder`; `settings` is an empty folder for its state. */
export async function startTransmission(
  torrent: string,
  folder: string,
  port: number,
  settings: string,
  encrypts = false,
): Promise<TransmissionPeer> {
  const rpcPort = await freePort();
  await mkdir(settings, { recursive: true });
  await writeFile(
    join(settings, 'settings.json'),
    JSON.stringify({
      'bind-address-ipv4': '127.0.0.1',
      'dht-enabled': false,
      'download-dir': folder,
      encryption: encrypts ? 2 : 0,
      'lpd-enabled': false,
      'peer-port': port,
      'pex-enabled': false,
      'port-forwarding-enabled': false,
      'rpc-bind-address': '127.0.0.1',
      'rpc-port': rpcPort,
      'rpc-whitelist-enabled': false,
      'scrape-paused-torrents-enabled': false,
      'utp-enabled': false,
    }),
  );
  const child = startChild('transmission-daemon', ['--foreground', '--config-dir', settings], { timeoutMs: 120_000 });
  const rpc = makeRpc(`http://127.0.0.1:${rpcPort}/transmission/rpc`, child);
  await rpc('torrent-add', { metainfo: (await readFile(torrent)).toString('base64'), 'download-dir': folder, paused: false });
  return {
    child,
    complete: async (timeoutMs = 60_000) => {
      const end = performance.now() + timeoutMs;
      let last: unknown;
      while (performance.now() < end) {
        last = await rpc('torrent-get', { fields: ['status', 'leftUntilDone', 'metadataPercentComplete', 'errorString'] });
        const { torrents } = last as { torrents: { status: number; leftUntilDone: number }[] };
        if (torrents[0]?.status === SEEDING && torrents[0].leftUntilDone === 0) return;
        await delay(100); // the RPC has no events: asking again is the only way to wait
      }
      throw new Error(`transmission is not complete: ${JSON.stringify(last)}\n${child.output()}`);
    },
  };
}

const SEEDING = 6;

/** Calls of the daemon's RPC; the first one waits for the daemon to listen and takes the session id it asks for. */
function makeRpc(url: string, child: Child): (method: string, args: object) => Promise<unknown> {
  let sessionId = '';
  let running = true;
  void child.ended.finally(() => (running = false)).catch(() => undefined);
  return async (method, args) => {
    for (;;) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'x-transmission-session-id': sessionId },
        body: JSON.stringify({ method, arguments: args }),
      }).catch(() => null);
      if (response?.status === 409) {
        sessionId = response.headers.get('x-transmission-session-id') ?? '';
      } else if (response?.ok) {
        const answer = (await response.json()) as { result: string; arguments: unknown };
        if (answer.result !== 'success') throw new Error(`transmission refuses ${method}: ${answer.result}`);
        return answer.arguments;
      } else if (!running) {
        throw new Error(`transmission-daemon ended: ${child.output()}`);
      } else {
        await delay(50);
      }
      await response?.body?.cancel().catch(() => undefined);
    }
  };
}
