// What the Session alone costs while blocks come in: expectsBlock, block-received, and the requests that follow, as the engine
// drives it; the bar is 0.08 CPU seconds for 65,536 blocks (1 GiB). Measured as the command is built, because tsx names every closure
// as it is made, which costs a fifth: `npx esbuild test/bench/session-hot-path.ts --bundle --platform=node --format=esm | node --input-type=module`.

import { ExternalAddresses } from '../../src/model/external-addresses.js';
import { createAddress } from '../../src/model/address.js';
import { Bitfield } from '../../src/model/bitfield.js';
import { BLOCK_LENGTH, Geometry } from '../../src/model/geometry.js';
import { toPeerKey, type PeerKey, type PieceIndex } from '../../src/model/ids.js';
import { createRandom } from '../../src/model/random.js';
import type { SessionAction } from '../../src/session/actions.js';
import type { SessionEvent } from '../../src/session/events.js';
import { Session } from '../../src/session/session.js';
import { SIM_LIMITS } from '../support/sim/limits.js';

const MIB = 1024 * 1024;
const BLOCKS = 65_536;
const MS_PER_BLOCK = 1 / 65;

interface Run {
  readonly cpuSeconds: number;
  readonly blocks: number;
}

function run(seeders: number, leechers: number, pieceLength: number): Run {
  const geometry = new Geometry(BLOCKS * BLOCK_LENGTH, pieceLength);
  const settings = {
    infoHash: { v1: new Uint8Array(20) },
    geometry,
    limits: SIM_LIMITS,
    peerId: new Uint8Array(20),
    listenPort: null,
    clientVersion: 'bench',
    infoBytes: new Uint8Array(),
    isPrivate: false,
    usesPex: true,
    encryption: 'prefer' as const,
    externalAddresses: new ExternalAddresses(100),
    seeds: false,
    superSeeds: false,
  };
  let reserved = 0;
  const budget = {
    reserve: (bytes: number, force: boolean): boolean => {
      if (!force && reserved + bytes > 32 * MIB) return false;
      reserved += bytes;
      return true;
    },
    release: (bytes: number): void => {
      reserved -= bytes;
    },
  };
  const session = new Session(settings, createRandom(1), budget, () => false, 0);
  const asked = new Map<PeerKey, { piece: PieceIndex; begin: number; length: number }[]>();
  const toStore: PieceIndex[] = [];
  let now = 0;
  const execute = (action: SessionAction): void => {
    if (action.type === 'send' && action.message.type === 'request') {
      const { piece, begin, length } = action.message;
      asked.get(action.peer)?.push({ piece: piece as PieceIndex, begin, length });
    } else if (action.type === 'store-piece') toStore.push(action.piece);
  };
  const handle = (event: SessionEvent): void => {
    for (const action of session.handle(event, now)) execute(action);
  };
  handle({ type: 'checked', have: new Bitfield(geometry.pieceCount) });
  const sparse = new Bitfield(geometry.pieceCount);
  for (let piece = 0; piece < geometry.pieceCount; piece += 97) sparse.set(piece as PieceIndex);
  for (let i = 1; i <= seeders + leechers; i++) {
    const address = createAddress('10.0.0.1', i);
    if (address === null) throw new Error('no address');
    const peer = toPeerKey(i);
    const features = { fast: true, extended: true, dht: false };
    asked.set(peer, []);
    handle({
      type: 'peer-connected',
      peer,
      peerId: new Uint8Array(20).fill(i),
      address,
      remote: address,
      incoming: false,
      features,
    });
    const message = i <= seeders ? { type: 'have-all' as const } : { type: 'bitfield' as const, bytes: sparse.toBytes() };
    handle({ type: 'message', peer, message });
    handle({ type: 'message', peer, message: { type: 'unchoke' } });
  }
  const before = process.cpuUsage();
  let blocks = 0;
  while (!session.isComplete) {
    for (const [peer, queue] of asked) {
      // A read of the socket brings several blocks.
      for (const { piece, begin, length } of queue.splice(0, 8)) {
        now += MS_PER_BLOCK;
        if (!session.expectsBlock(peer, piece, begin, length)) continue;
        blocks++;
        handle({ type: 'block-received', peer, piece, begin, length, kept: true });
      }
    }
    for (const piece of toStore.splice(0)) handle({ type: 'piece-stored', piece });
    const due = session.nextTimeout();
    if (due !== null && due <= now) handle({ type: 'timeout' });
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, blocks };
}

const scenarios = [
  { seeders: 1, leechers: 0, pieceLength: 256 * 1024 },
  { seeders: 8, leechers: 0, pieceLength: 256 * 1024 },
  { seeders: 8, leechers: 0, pieceLength: 4 * MIB },
  { seeders: 8, leechers: 0, pieceLength: 16 * 1024 },
  { seeders: 8, leechers: 40, pieceLength: 256 * 1024 },
  { seeders: 8, leechers: 40, pieceLength: 16 * 1024 },
  { seeders: 40, leechers: 0, pieceLength: 256 * 1024 },
];
run(1, 0, 256 * 1024); // warm
for (const { seeders, leechers, pieceLength } of scenarios) {
  const runs = [1, 2, 3].map(() => run(seeders, leechers, pieceLength));
  const best = Math.min(...runs.map((one) => (one.cpuSeconds * BLOCKS) / one.blocks));
  process.stdout.write(
    `${seeders} seeders, ${leechers} leechers, pieces of ${pieceLength / 1024} KiB: ${best.toFixed(3)} CPU-s per 65,536 blocks\n`,
  );
}
