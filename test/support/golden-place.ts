// What lies in the folder that golden tests run in, and who stands behind `{word}` in their lines: peers, trackers, proxies and web servers that do
// well or wrong, each started for the test that names it.

import { readFile } from 'node:fs/promises';
import { createServer as createWebServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { FaultySeeder } from '../../src/swarm/faulty-seeder.js';
import type { SeederFaults } from '../../src/swarm/seeder-faults.js';
import type { CliBuild } from './cli-build.js';
import { startTracker } from './engine-rig.js';
import { freePort } from './free-port.js';
import { startSocks5Proxy } from './socks5-proxy.js';
import { startStaticTracker } from './static-tracker.js';

/** Beside the data; those of more/ are lists and configurations. */
export const FILES: Readonly<Record<string, string>> = {
  'bad.torrent': 'd4:infod6:lengthi-1e4:name1:x12:piece lengthi16384e6:pieces0:ee',
  'more/hook.sh': 'echo begun\nexec sleep 20\n',
  'more/stubborn.sh': "trap '' TERM\necho begun\nexec > /dev/null 2>&1\nsleep 4\n",
  'more/litter/kept.txt': 'kept',
  'more/litter/.DS_Store': 'litter',
  'more/torrents': '# a comment\ndata.torrent\nnone.torrent\n',
  'more/nothing': '# a comment\n',
  'more/binary': 'data.torrent\u0000\n',
  'more/sums': `${'0'.repeat(64)}  x.bin\n`,
  'more/some-sums': `${'0'.repeat(64)}  x.bin\n16f3b2c7e0  no sum\n${'0'.repeat(64)}  data.bin\n`,
  'more/addresses.p2p': 'no line of it\nsome:10.0.0.1-10.0.0.9\n',
  'more/broken.toml': 'max-download = \n',
  'more/slip.toml': 'max-downlaod = "2M"\n',
  'more/command.toml': '[dowload]\nport = 1\n',
  'more/once.toml': 'name = "x"\n',
  'more/switch.toml': 'no-lsd = "perhaps"\n',
  'more/value.toml': 'max-download = true\n',
  'more/values.toml': 'max-download = ["1M", "2M"]\n',
  'more/choice.toml': 'encryption = "forced"\n',
};

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, resolve);
  });
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function seeder(cli: CliBuild, cwd: string): Promise<number> {
  const child = cli.start(['seed', 'data.torrent', '--data', 'seed', '--no-trackers', '--no-dht'], { cwd });
  const [, port] = await child.outputMatching(/on port (\d+)/);
  return Number(port);
}

/** The address of a seeder that does wrong. */
async function faulty(cwd: string, faults: SeederFaults): Promise<string> {
  const metainfo = parseTorrentFile(new Uint8Array(await readFile(path.join(cwd, 'data.torrent'))));
  const content = new Uint8Array(await readFile(path.join(cwd, 'seed/data.bin')));
  const opened = await FaultySeeder.open({ metainfo, content, faults });
  onTestFinished(() => opened.close());
  return opened.address;
}

/** The root URL of a web server. */
async function web(answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await portOf(createWebServer(answer))}/`;
}

/** A torrent that names a web seed. */
async function webTorrent(cli: CliBuild, cwd: string, url: string, source = 'seed/data.bin'): Promise<string> {
  const { code, stderr } = await cli.run(['create', source, '-o', 'web.torrent', '--web-seed', url], { cwd });
  if (code !== 0) throw new Error(stderr);
  return 'web.torrent';
}

const withRanges =
  (content: Buffer): RequestListener =>
  (request, response) => {
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (match === null) {
      response.end(content);
      return;
    }
    const [from, to] = [Number(match[1]), Number(match[2])];
    const headers = { 'content-range': `bytes ${from}-${to}/${content.length}` };
    response.writeHead(206, headers).end(content.subarray(from, to + 1));
  };

const dead = async (): Promise<string> => `127.0.0.1:${await freePort()}`;

/** By the word: what it stands for once that runs. */
export const GOLDEN_PEERS: Readonly<Record<string, ((cli: CliBuild, cwd: string) => Promise<string>) | undefined>> = {
  seeder: async (cli, cwd) => `127.0.0.1:${await seeder(cli, cwd)}`,
  liar: (_, cwd) => faulty(cwd, { corruptShare: 1 }),
  /** Keeps everybody waiting. */
  miser: (_, cwd) => faulty(cwd, { neverUnchokes: true }),
  /** Sends what nobody may send. */
  rude: (_, cwd) => faulty(cwd, { sendsMalformedBitfield: true }),
  /** Nobody is there. */
  refused: dead,
  /** A tracker that knows nobody. */
  tracker: async () => (await startStaticTracker([])).url,
  refusingTracker: async () => (await startTracker({ faults: { failWith: 'not registered here' } })).url,
  /** At the first announce only: the last one may come too late to be heard. */
  warningTracker: async () => {
    const warning = (url = ''): string => (url.includes('event=started') ? '15:warning message11:please move' : '');
    return `${await web(({ url }, response) => response.end(`d8:intervali1800e5:peers0:${warning(url)}e`))}announce`;
  },
  silentTracker: async () => `http://127.0.0.1:${await portOf(createServer())}/announce`,
  deadTracker: async () => `http://${await dead()}/announce`,
  /** One that names a seeder. */
  goodTracker: async (cli, cwd) => (await startStaticTracker([{ host: '127.0.0.1', port: await seeder(cli, cwd) }])).url,
  takenPort: async () => String(await portOf(createServer())),
  deadProxy: async () => `socks5h://${await dead()}`,
  loginProxy: async () => {
    const proxy = await startSocks5Proxy({ login: { user: 'me', password: 'hunter2' } });
    onTestFinished(() => proxy.close());
    return `socks5h://127.0.0.1:${proxy.port}`;
  },
  /** A web server. */
  noProxy: async () => `socks5h://${new URL(await web((_, response) => response.end('hello'))).host}`,
  webTorrent: async (cli, cwd) => webTorrent(cli, cwd, await web(withRanges(await readFile(path.join(cwd, 'seed/data.bin'))))),
  deadWebTorrent: async (cli, cwd) => webTorrent(cli, cwd, `http://${await dead()}/`),
  lyingWebTorrent: async (cli, cwd) => webTorrent(cli, cwd, await web(withRanges(Buffer.alloc(20_000)))),
  /** Of three files, of which the server lacks the second. */
  partWebTorrent: async (cli, cwd) => {
    const [a, c] = await Promise.all(['a', 'c'].map((name) => readFile(path.join(cwd, `seed/web/${name}.bin`))));
    const url = await web((request, response) => {
      if (request.url?.endsWith('b.bin') === true) response.writeHead(404).end();
      else withRanges(request.url?.endsWith('a.bin') === true ? a : c)(request, response);
    });
    return webTorrent(cli, cwd, url, 'seed/web');
  },
  lackingWebTorrent: async (cli, cwd) => webTorrent(cli, cwd, await web((_, response) => response.writeHead(404).end())),
  deadUrl: async () => `http://${await dead()}/x.torrent`,
  /** Of a file that is not there, on a web server. */
  lackingUrl: async () => `${await web((_, response) => response.writeHead(404).end())}x.torrent`,
};
