// Each fault of the faulty seeder as a peer sees it, over a real socket. What must not come is shown by what comes instead,
// never by waiting.

import { expect, onTestFinished, test } from 'vitest';
import { BLOCK_LENGTH } from '../../src/model/geometry.js';
import { createAddress } from '../../src/model/address.js';
import { dial } from '../../src/net/dialer.js';
import { PeerConnection } from '../../src/net/peer-connection.js';
import { TcpTransport } from '../../src/net/tcp.js';
import { FaultySeeder } from '../../src/swarm/faulty-seeder.js';
import { isInShare, type SeederFaults } from '../../src/swarm/seeder-faults.js';
import { CONNECTION_LIMITS, ConnectionProbe } from '../support/connection-probe.js';
import { expectSameBytes, putFiles, storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const PIECE_LENGTH = 4 * BLOCK_LENGTH;
const torrent = storedTorrent({
  pieceLength: PIECE_LENGTH,
  files: [
    ['a.bin', 3 * PIECE_LENGTH + 5000],
    ['sub/b.bin', 5 * PIECE_LENGTH],
  ],
});
const { geometry } = torrent.metainfo;

interface Meeting {
  readonly seeder: FaultySeeder;
  readonly probe: ConnectionProbe;
  readonly connection: PeerConnection<string>;
}

async function open(faults: SeederFaults, options: { content?: string; hasFast?: boolean } = {}): Promise<FaultySeeder> {
  const seeder = await FaultySeeder.open({ metainfo: torrent.metainfo, content: torrent.content, faults, ...options });
  onTestFinished(() => seeder.close());
  return seeder;
}

/** Another connection of the same leecher, with both handshakes done. */
async function meet(seeder: FaultySeeder): Promise<Meeting> {
  const address = createAddress(seeder.host, seeder.port);
  const infoHash = torrent.metainfo.infoHash.v1;
  if (address === null || infoHash === undefined) throw new Error('nowhere to go');
  const outcome = await dial(new TcpTransport({ receiveBufferBytes: 65_536 }), address, { timeoutMs: 10_000 });
  if (!outcome.ok) throw new Error(outcome.reason);
  const probe = new ConnectionProbe('leecher');
  const side = { ...probe.side, local: { ...probe.side.local, infoHash } };
  const connection = PeerConnection.dialled<string>(outcome.link, CONNECTION_LIMITS, side);
  onTestFinished(() => connection.close('test-over'));
  await probe.until(() => probe.handshake !== null || probe.closed !== null);
  return { seeder, probe, connection };
}

/** As far as being unchoked. */
async function start(faults: SeederFaults, options: { content?: string; hasFast?: boolean } = {}): Promise<Meeting> {
  const meeting = await meet(await open(faults, options));
  meeting.connection.send({ type: 'interested' });
  await meeting.probe.until(() => heard(meeting, 'unchoke') > 0);
  return meeting;
}

function heard({ probe }: Meeting, type: string): number {
  return probe.messages.filter((message) => message.type === type).length;
}

function ask({ connection }: Meeting, piece: number, block: number): void {
  const index = geometry.validatePieceIndex(piece);
  if (index === null) throw new Error('no such piece');
  const length = geometry.blockLength(index, block);
  connection.send({ type: 'request', piece, begin: block * BLOCK_LENGTH, length });
}

/** Resolves when so many blocks are here whole. */
async function receive(meeting: Meeting, count: number): Promise<void> {
  let whole = meeting.probe.blocks.length;
  meeting.probe.react = (event) => {
    if (event === 'end') whole++;
  };
  await meeting.probe.until(() => whole >= count);
}

function truth(piece: number, begin: number, length: number): Uint8Array {
  return torrent.pieceBytes(piece).subarray(begin, begin + length);
}

test('without a fault it serves true blocks, in the order they were asked for', async () => {
  const meeting = await start({});
  expect(meeting.probe.messages[0]).toEqual({ type: 'have-all' });
  const wanted = [...geometry.pieces()].flatMap((piece) =>
    Array.from({ length: geometry.blockCount(piece) }, (_, block) => [piece, block] as const),
  );
  for (const [piece, block] of wanted) ask(meeting, piece, block);
  await receive(meeting, wanted.length);
  expect(meeting.probe.blocks.map(({ piece, begin }) => [piece, begin / BLOCK_LENGTH])).toEqual(wanted);
  for (const { piece, begin, bytes } of meeting.probe.blocks) expectSameBytes(bytes, truth(piece, begin, bytes.length));
  expect(meeting.seeder.counts).toMatchObject({ peersMet: 1, blocks: wanted.length, corruptBlocks: 0, refusals: 0 });
  expect(meeting.seeder.counts.payloadBytes).toBe(geometry.totalLength);
});

test('what is cancelled while it is about to be sent is not sent, and what was asked next is', async () => {
  const meeting = await start({});
  ask(meeting, 0, 0);
  meeting.connection.send({ type: 'cancel', piece: 0, begin: 0, length: BLOCK_LENGTH });
  ask(meeting, 1, 0);
  await receive(meeting, 1);
  expect(meeting.probe.blocks.map(({ piece }) => piece)).toEqual([1]);
  expect(heard(meeting, 'reject')).toBe(1);
});

test('it serves from a folder, also across files', async () => {
  const folder = await makeTempFolder();
  await putFiles(folder, { 'album/a.bin': torrent.fileBytes(0), 'album/sub/b.bin': torrent.fileBytes(1) });
  const meeting = await start({}, { content: folder });
  ask(meeting, 3, 0); // 5000 bytes of a.bin, the rest of b.bin
  await receive(meeting, 1);
  expect(meeting.probe.blocks[0].bytes).toEqual(truth(3, 0, BLOCK_LENGTH));
});

test('to a peer without BEP 6 it sends a whole bitfield', async () => {
  const { probe } = await start({}, { hasFast: false });
  expect(probe.messages[0]).toEqual({ type: 'bitfield', bytes: Uint8Array.of(0xff, 0x80) });
});

test('corrupt pieces are those of the share, every block of them, and no others', async () => {
  const meeting = await start({ corruptShare: 0.5 });
  for (const piece of geometry.pieces()) ask(meeting, piece, 0);
  await receive(meeting, geometry.pieceCount);
  const wrong = meeting.probe.blocks.filter(
    ({ piece, begin, bytes }) => Buffer.compare(bytes, truth(piece, begin, bytes.length)) !== 0,
  );
  const pieces = wrong.map(({ piece }) => piece);
  expect(pieces).toEqual([...geometry.pieces()].filter((piece) => isInShare(piece, 0.5)));
  expect(pieces.length).toBeGreaterThan(2);
  expect(pieces.length).toBeLessThan(geometry.pieceCount - 2);
  expect(meeting.seeder.counts.corruptBlocks).toBe(pieces.length);
});

test('a liar rejects what it said it has', async () => {
  const meeting = await start({ lyingShare: 1 });
  expect(meeting.probe.messages[0]).toEqual({ type: 'have-all' });
  ask(meeting, 2, 1);
  await meeting.probe.until(() => heard(meeting, 'reject') > 0);
  expect(meeting.probe.messages.at(-1)).toEqual({ type: 'reject', piece: 2, begin: BLOCK_LENGTH, length: BLOCK_LENGTH });
});

test('a liar without BEP 6 passes over it in silence', async () => {
  const meeting = await start({ lyingShare: 0.5 }, { hasFast: false });
  const lie = [...geometry.pieces()].find((piece) => isInShare(piece, 0.5)) ?? -1;
  const truePiece = [...geometry.pieces()].find((piece) => !isInShare(piece, 0.5)) ?? -1;
  ask(meeting, lie, 0);
  ask(meeting, truePiece, 0);
  await receive(meeting, 1);
  expect(meeting.probe.blocks.map(({ piece }) => piece)).toEqual([truePiece]);
});

test('a malformed bitfield is one byte too long', async () => {
  const { probe } = await meet(await open({ sendsMalformedBitfield: true }));
  await probe.until(() => probe.messages.length > 0);
  expect(probe.messages[0]).toMatchObject({ type: 'bitfield', bytes: { length: 3 } });
});

test('at a rate it never has sent more than that, beyond what may go at once', async () => {
  const rate = 1_048_576;
  const burst = 8 * BLOCK_LENGTH;
  const meeting = await start({ rateBytesPerSecond: rate });
  const startedAt = performance.now();
  let bytes = 0;
  let excess = 0;
  meeting.probe.react = (event) => {
    if (event !== 'end') return;
    bytes += BLOCK_LENGTH;
    excess = Math.max(excess, bytes - (rate * (performance.now() - startedAt)) / 1000);
  };
  for (let i = 0; i < 24; i++) ask(meeting, Math.floor(i / 4), i % 4);
  await meeting.probe.until(() => bytes === 24 * BLOCK_LENGTH);
  // It started the clock before we did; a block of tolerance is for that.
  expect(excess).toBeLessThanOrEqual(burst + BLOCK_LENGTH);
});

test('one that never unchokes rejects every request', async () => {
  const meeting = await meet(await open({ neverUnchokes: true }));
  meeting.connection.send({ type: 'interested' });
  ask(meeting, 0, 0);
  await meeting.probe.until(() => heard(meeting, 'reject') > 0);
  expect(heard(meeting, 'unchoke')).toBe(0);
  expect(meeting.probe.blocks).toEqual([]);
});

test('a silent one says nothing but its handshake', async () => {
  const meeting = await meet(await open({ isSilent: true }));
  meeting.connection.send({ type: 'interested' });
  await meeting.seeder.close();
  await meeting.probe.until(() => meeting.probe.closed !== null);
  expect(meeting.seeder.counts.peersMet).toBe(1);
  expect(meeting.probe.messages).toEqual([]);
});

test('one that drops cuts each connection after so many bytes, and takes the next', async () => {
  const seeder = await open({ dropAfterBytes: 3 * BLOCK_LENGTH });
  for (const attempt of [1, 2]) {
    const meeting = await meet(seeder);
    meeting.connection.send({ type: 'interested' });
    await meeting.probe.until(() => heard(meeting, 'unchoke') > 0);
    for (const block of [0, 1, 2, 3]) ask(meeting, attempt, block);
    await meeting.probe.until(() => meeting.probe.closed !== null);
    expect(meeting.probe.blocks.map(({ begin }) => begin)).toEqual([0, BLOCK_LENGTH, 2 * BLOCK_LENGTH]);
    expect(meeting.probe.faults).toEqual([]);
  }
  expect(seeder.counts.peersMet).toBe(2);
});

test('one that stalls keeps the connection and sends no more', async () => {
  const meeting = await start({ stallAfterBlocks: 2 });
  for (const block of [0, 1, 2, 3]) ask(meeting, 1, block);
  await receive(meeting, 2);
  // It is still there and answers: what is cancelled had been waiting.
  meeting.connection.send({ type: 'cancel', piece: 1, begin: 3 * BLOCK_LENGTH, length: BLOCK_LENGTH });
  await meeting.probe.until(() => heard(meeting, 'reject') > 0);
  expect(meeting.probe.blocks).toHaveLength(2);
  expect(meeting.probe.closed).toBeNull();
});

test('requests beyond the torrent end the connection', async () => {
  const meeting = await start({});
  meeting.connection.send({ type: 'request', piece: 99, begin: 0, length: BLOCK_LENGTH });
  await meeting.probe.until(() => meeting.probe.closed !== null);
  expect(meeting.probe.blocks).toEqual([]);
});

test('a stranger with another info hash is turned away', async () => {
  const seeder = await open({});
  const address = createAddress(seeder.host, seeder.port);
  if (address === null) throw new Error('nowhere to go');
  const outcome = await dial(new TcpTransport({ receiveBufferBytes: 65_536 }), address, { timeoutMs: 10_000 });
  if (!outcome.ok) throw new Error(outcome.reason);
  const probe = new ConnectionProbe('leecher');
  PeerConnection.dialled<string>(outcome.link, CONNECTION_LIMITS, probe.side);
  await probe.until(() => probe.closed !== null);
  expect(probe.handshake).toBeNull();
  expect(seeder.counts.peersMet).toBe(0);
});
