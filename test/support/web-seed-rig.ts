// Downloads from web seeds alone, on loopback, for tests of the engine; and a server's answer that takes its time.

import type { ServerResponse } from 'node:http';
import { expect } from 'vitest';
import type { SessionOptions } from '../../src/engine/session-options.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import { expectWhole, startSession } from './engine-rig.js';
import type { StoredTorrent } from './stored-torrent.js';
import { makeTempFolder } from './temp-folder.js';
import { withWebSeeds } from './web-server.js';

/** A session that knows nobody but these web seeds. */
export async function startAlone(
  what: StoredTorrent,
  urls: readonly string[],
  options: SessionOptions = {},
): Promise<{ server: SessionServer; folder: string }> {
  const folder = await makeTempFolder();
  const server = await startSession(withWebSeeds(what, ...urls), folder, { webSeedMode: 'only', ...options });
  return { server, folder };
}

export async function download(
  what: StoredTorrent,
  urls: readonly string[],
  options: SessionOptions = {},
): Promise<SessionServer> {
  const { server, folder } = await startAlone(what, urls, options);
  await expect(server.done()).resolves.toMatchObject({ status: 'complete' });
  await expectWhole(folder, what);
  return server;
}

/** 16 KiB now and then: never fast, and in the end all of it. Leaves the answer to the server. */
export function slowly(response: ServerResponse): boolean {
  const end = response.end.bind(response);
  response.end = ((body: Uint8Array) => {
    let at = 0;
    const timer = setInterval(() => {
      if (at >= body.length || response.destroyed) {
        clearInterval(timer);
        end();
      } else response.write(body.subarray(at, (at += 65_536)));
    }, 10);
    return response;
  }) as typeof response.end;
  return false;
}
