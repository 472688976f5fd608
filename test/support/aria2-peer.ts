// aria2 as the other side. It takes peers from trackers only, so a leecher's torrent names a tracker of the test.

import { startChild, type Child } from './child-process.js';

const QUIET = [
  '--no-conf',
  '--enable-dht=false',
  '--enable-dht6=false',
  '--bt-enable-lpd=false',
  '--enable-peer-exchange=false',
  '--file-allocation=none',
  '--summary-interval=0',
  '--console-log-level=notice',
  '--show-console-readout=false',
  '--stop=120',
];

/** Takes and makes encrypted connections (RC4) only. */
const ENCRYPTED = ['--bt-require-crypto=true', '--bt-min-crypto-level=arc4'];

/** Seeds `folder` on `port` of every address once this resolves. */
export async function startAria2Seeder(torrent: string, folder: string, port: number, encrypts = false): Promise<Child> {
  const child = startChild(
    'aria2c',
    [
      ...QUIET,
      ...(encrypts ? ENCRYPTED : []),
      `--dir=${folder}`,
      `--listen-port=${port}`,
      '--seed-ratio=0.0',
      '--check-integrity=true',
      '--bt-hash-check-seed=true',
      '--bt-exclude-tracker=*',
      torrent,
    ],
    { timeoutMs: 120_000 },
  );
  await child.outputMatching(new RegExp(`listening on TCP port ${port}`));
  await child.outputMatching(/Seeding|Verification finished successfully|Download complete/i);
  return child;
}

/** Downloads what the torrent's tracker leads to; its process ends with 0 when all is there. `torrent` is a path or a magnet link. */
export function startAria2Leecher(torrent: string, folder: string, port: number, encrypts = false): Child {
  const options = encrypts ? [...QUIET, ...ENCRYPTED] : QUIET;
  return startChild('aria2c', [...options, `--dir=${folder}`, `--listen-port=${port}`, '--seed-time=0', torrent]);
}
