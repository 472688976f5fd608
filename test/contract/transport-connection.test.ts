// Peer connections over every transport: the listener routes by info hash, handshakes, messages and blocks in both
// directions, and every way in which a connection ends.

import { afterEach, describe, expect, test } from 'vitest';
import { InvariantError } from '../../src/model/error.js';
import { dial } from '../../src/net/dialer.js';
import { Listener } from '../../src/net/listener.js';
import { MemoryTransport } from '../../src/net/memory-transport.js';
import { PeerConnection } from '../../src/net/peer-connection.js';
import { TcpTransport } from '../../src/net/tcp.js';
import type { Link, Transport } from '../../src/net/transport.js';
import { encodeHandshake } from '../../src/wire/handshake.js';
import { encodeMessage } from '../../src/wire/message-encoder.js';
import type { Message } from '../../src/wire/message.js';
import { WireError } from '../../src/wire/wire-error.js';
import { CONNECTION_LIMITS, ConnectionProbe, INFO_HASH } from '../support/connection-probe.js';
import { encryptedTransport } from '../support/mse-transport.js';
import { LinkProbe, loopback } from '../support/link-probe.js';

const slicing = (): Transport => new MemoryTransport({ nextChunk: (available) => 1 + ((available * 7) % 97) });

const transports: [string, () => Transport][] = [
  ['tcp', () => new TcpTransport({ receiveBufferBytes: 64 * 1024 })],
  ['tcp with a tiny receive buffer', () => new TcpTransport({ receiveBufferBytes: 61 })],
  ['memory', () => new MemoryTransport()],
  ['memory in slices', slicing],
  [
    'tcp, encrypted',
    () => encryptedTransport(new TcpTransport({ receiveBufferBytes: 64 * 1024 }), INFO_HASH, 'require', 'prefer'),
  ],
  ['memory in slices, encrypted', () => encryptedTransport(slicing(), INFO_HASH, 'prefer', 'require')],
  ['memory in slices, plain behind an encryption handshake', () => encryptedTransport(slicing(), INFO_HASH, 'prefer', 'prefer')],
  ['memory in slices, plain where encryption is taken too', () => encryptedTransport(slicing(), INFO_HASH, 'off', 'prefer')],
];

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe.each(transports)('%s', (_name, create) => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  async function listen(transport: Transport, probe: ConnectionProbe, maxPendingIncoming = 10): Promise<Listener<string>> {
    const listener = await Listener.open<string>(
      transport,
      { port: 0, limits: CONNECTION_LIMITS, maxPendingIncoming },
      {
        onIncoming: (infoHash, connection) => {
          if (!equal(infoHash, INFO_HASH)) return null;
          probe.connection = connection;
          return probe.side;
        },
        onFault: (error) => probe.onFault(error),
      },
    );
    cleanups.push(() => probe.connection?.close('stopping'));
    cleanups.push(() => listener.close());
    return listener;
  }

  async function dialLink(transport: Transport, port: number): Promise<Link> {
    const outcome = await dial(transport, loopback(port), { timeoutMs: 20_000 });
    if (!outcome.ok) throw new Error(outcome.reason);
    cleanups.push(() => outcome.link.close());
    return outcome.link;
  }

  async function open(leecher = new ConnectionProbe('leecher'), seeder = new ConnectionProbe('seeder')) {
    const transport = create();
    const listener = await listen(transport, seeder);
    const link = await dialLink(transport, listener.port);
    leecher.connection = PeerConnection.dialled<string>(link, CONNECTION_LIMITS, leecher.side);
    return { transport, listener, leecher, seeder, connection: leecher.connection };
  }

  test('both handshakes, features intersected', async () => {
    const seeder = new ConnectionProbe('seeder', {}, { fast: true, extended: false, dht: true });
    const { leecher, listener } = await open(
      new ConnectionProbe('leecher', {}, { fast: true, extended: true, dht: false }),
      seeder,
    );
    await leecher.until(() => leecher.handshake !== null);
    await seeder.until(() => seeder.handshake !== null);
    const features = { fast: true, extended: false, dht: false };
    expect(leecher.handshake).toEqual({ ...seeder.side.local, features });
    expect(seeder.handshake).toEqual({ ...leecher.side.local, features });
    expect(seeder.connection?.isIncoming).toBe(true);
    expect(leecher.connection?.isIncoming).toBe(false);
    expect(listener.pendingCount).toBe(0);
  });

  test('messages and blocks keep their order, also those sent within a callback', async () => {
    const { leecher, seeder, connection } = await open();
    const block = Uint8Array.from({ length: 16_384 }, (_, i) => (i * 13) & 255);
    seeder.react = (event) => {
      if (event === 'handshake') {
        seeder.connection?.send({ type: 'bitfield', bytes: Uint8Array.of(0xf0) });
        seeder.connection?.send({ type: 'unchoke' });
      }
      const last = seeder.messages.at(-1);
      if (event === 'request' && last?.type === 'request') {
        seeder.connection?.sendBlock(last.piece, last.begin, block);
        seeder.connection?.send({ type: 'have', piece: last.begin });
      }
    };
    await leecher.until(() => leecher.messages.length === 2);
    for (let i = 0; i < 8; i++) connection.send({ type: 'request', piece: 1, begin: i, length: block.length });
    await leecher.until(() => leecher.messages.length === 10);
    expect(leecher.blocks).toEqual(Array.from({ length: 8 }, (_, i) => ({ piece: 1, begin: i, bytes: block })));
    expect(leecher.messages).toEqual([
      { type: 'bitfield', bytes: Uint8Array.of(0xf0) },
      { type: 'unchoke' },
      ...Array.from({ length: 8 }, (_, i): Message => ({ type: 'have', piece: i })),
    ]);
    expect(seeder.connection?.bytesSent).toBe(68 + 6 + 5 + 8 * (13 + block.length + 9));
    expect(connection.bytesReceived).toBe(seeder.connection?.bytesSent);
    expect(seeder.connection?.bytesReceived).toBe(68 + 8 * 17);
  });

  test('bytes that come right behind a handshake are not lost', async () => {
    const transport = create();
    const seeder = new ConnectionProbe('seeder');
    const listener = await listen(transport, seeder);
    const link = await dialLink(transport, listener.port);
    const greeting = encodeHandshake(new ConnectionProbe('leecher').side.local);
    link.write([
      Uint8Array.of(...greeting, ...encodeMessage({ type: 'interested' }), ...encodeMessage({ type: 'have', piece: 3 })),
    ]);
    link.start(new LinkProbe());
    await seeder.until(() => seeder.messages.length === 2);
    expect(seeder.messages).toEqual([{ type: 'interested' }, { type: 'have', piece: 3 }]);
  });

  test('an incoming connection is answered after 48 bytes of handshake', async () => {
    const transport = create();
    const seeder = new ConnectionProbe('seeder');
    const listener = await listen(transport, seeder);
    const link = await dialLink(transport, listener.port);
    const greeting = encodeHandshake(new ConnectionProbe('leecher').side.local);
    const probe = new LinkProbe();
    link.start(probe);
    link.write([greeting.subarray(0, 48)]);
    await probe.until(() => probe.receivedBytes === 68);
    expect(Uint8Array.from(probe.received)).toEqual(encodeHandshake(seeder.side.local));
    expect(seeder.handshake).toBeNull();
    link.write([greeting.subarray(48)]);
    await seeder.until(() => seeder.handshake !== null);
  });

  test('an unknown info hash closes an incoming connection', async () => {
    const { leecher, seeder, listener } = await open(
      new ConnectionProbe('leecher', {
        local: { ...new ConnectionProbe('leecher').side.local, infoHash: new Uint8Array(20).fill(1) },
      }),
    );
    await leecher.until(() => leecher.closed !== null);
    expect(leecher.closed).toMatchObject({ reason: 'closed-in-handshake' });
    expect(seeder.handshake).toBeNull();
    expect(listener.pendingCount).toBe(0);
  });

  test('an answer for another torrent is info-hash-mismatch with both hashes', async () => {
    const transport = create();
    const wrong = { ...new ConnectionProbe('seeder').side.local, infoHash: new Uint8Array(20).fill(9) };
    const server = await transport.listen({ port: 0 }, (link) => {
      link.start(new LinkProbe());
      link.write([encodeHandshake(wrong)]);
    });
    cleanups.push(() => server.close());
    const leecher = new ConnectionProbe('leecher');
    PeerConnection.dialled<string>(await dialLink(transport, server.port), CONNECTION_LIMITS, leecher.side);
    await leecher.until(() => leecher.closed !== null);
    expect(leecher.closed?.reason).toBe('info-hash-mismatch');
    expect(leecher.closed?.error).toHaveProperty('detail', {
      reason: 'info_hash_mismatch',
      expected: '07'.repeat(20),
      actual: '09'.repeat(20),
    });
  });

  test('another peer id than the expected one is peer-id-mismatch, the expected one passes', async () => {
    const seeder = new ConnectionProbe('seeder');
    const wrong = await open(new ConnectionProbe('leecher', { expectedPeerId: new Uint8Array(20) }), seeder);
    await wrong.leecher.until(() => wrong.leecher.closed !== null);
    expect(wrong.leecher.closed?.reason).toBe('peer-id-mismatch');
    expect(wrong.leecher.handshake).toBeNull();

    const { peerId } = seeder.side.local;
    const right = await open(new ConnectionProbe('leecher', { expectedPeerId: peerId }));
    await right.leecher.until(() => right.leecher.handshake !== null);
  });

  test.each<[string, Uint8Array, string]>([
    // Long: what does not begin as the plain protocol may be a key and its padding.
    ['a stranger', new TextEncoder().encode(`GET /${'a'.repeat(700)} HTTP/1.1\r\n\r\n`), 'closed-in-handshake'],
    ['a wrong message', Uint8Array.of(0, 0, 0, 2, 0, 0), 'protocol-error'],
    ['a second handshake', encodeHandshake(new ConnectionProbe('leecher').side.local), 'protocol-error'],
  ])('%s ends its own connection only', async (name, bytes, reason) => {
    const transport = create();
    const seeder = new ConnectionProbe('seeder');
    const listener = await listen(transport, seeder);
    const link = await dialLink(transport, listener.port);
    const probe = new LinkProbe();
    link.start(probe);
    if (name !== 'a stranger') link.write([encodeHandshake(new ConnectionProbe('leecher').side.local)]);
    link.write([bytes]);
    await probe.until(() => probe.closed !== null);
    if (name === 'a stranger') {
      expect(seeder.connection).toBeNull();
    } else {
      expect(seeder.closed?.reason).toBe(reason);
      expect(seeder.closed?.error).toBeInstanceOf(WireError);
    }
    // The next connection is taken by the same probe.
    seeder.closed = null;
    const honest = new ConnectionProbe('honest');
    PeerConnection.dialled<string>(await dialLink(transport, listener.port), CONNECTION_LIMITS, honest.side);
    await honest.until(() => honest.handshake !== null);
    expect(seeder.faults).toEqual([]);
  });

  test('the remote closes: closed-by-peer; our own close is told before it returns, once', async () => {
    const { leecher, seeder, connection } = await open();
    await leecher.until(() => leecher.handshake !== null);
    await seeder.until(() => seeder.handshake !== null);
    connection.close('useless');
    expect(leecher.closed).toEqual({ reason: 'useless', error: null });
    connection.close('banned');
    connection.send({ type: 'choke' });
    connection.sendBlock(0, 0, new Uint8Array(1));
    expect(connection.isClosed).toBe(true);
    await seeder.until(() => seeder.closed !== null);
    expect(seeder.closed).toEqual({ reason: 'closed-by-peer', error: null });
  });

  test('a connection that its owner closes within a callback says nothing more', async () => {
    const { leecher, seeder } = await open();
    leecher.react = (event) => {
      if (event === 'unchoke') leecher.connection?.close('useless');
    };
    await seeder.until(() => seeder.handshake !== null);
    seeder.connection?.send({ type: 'unchoke' });
    seeder.connection?.send({ type: 'choke' });
    await seeder.until(() => seeder.closed !== null);
    expect(leecher.messages).toEqual([{ type: 'unchoke' }]);
  });

  test.each(['handshake', 'unchoke', 'begin', 'end', 'closed'])(
    'an error of ours in %s is a fault, not the end of the process',
    async (at) => {
      const { leecher, seeder } = await open();
      const ours = new InvariantError('ours');
      leecher.react = (event) => {
        if (event === at) throw ours;
      };
      await seeder.until(() => seeder.handshake !== null);
      seeder.connection?.send({ type: 'unchoke' });
      seeder.connection?.sendBlock(0, 0, new Uint8Array(100));
      if (at === 'closed') {
        await leecher.until(() => leecher.blocks.length === 1);
        seeder.connection?.close('stopping');
      }
      await leecher.until(() => leecher.faults.length > 0);
      expect(leecher.faults).toEqual([ours]);
      expect(leecher.connection?.isClosed).toBe(true);
      await seeder.until(() => seeder.closed !== null);
    },
  );

  test('a fault of the router is told to the listener', async () => {
    const transport = create();
    const faults: unknown[] = [];
    const ours = new InvariantError('ours');
    const listener = await Listener.open(
      transport,
      { port: 0, limits: CONNECTION_LIMITS, maxPendingIncoming: 5 },
      {
        onIncoming: () => {
          throw ours;
        },
        onFault: (error) => faults.push(error),
      },
    );
    cleanups.push(() => listener.close());
    const leecher = new ConnectionProbe('leecher');
    PeerConnection.dialled<string>(await dialLink(transport, listener.port), CONNECTION_LIMITS, leecher.side);
    await leecher.until(() => leecher.closed !== null);
    expect(faults).toEqual([ours]);
    expect(listener.pendingCount).toBe(0);
  });

  test('of too many silent strangers the oldest go, and a peer still gets in', async () => {
    const transport = create();
    const seeder = new ConnectionProbe('seeder');
    const listener = await listen(transport, seeder, 3);
    const strangers: LinkProbe[] = [];
    for (let i = 0; i < 5; i++) {
      const probe = new LinkProbe();
      (await dialLink(transport, listener.port)).start(probe);
      strangers.push(probe);
    }
    await strangers[1].until(() => strangers[1].closed !== null);
    expect(listener.pendingCount).toBe(3);
    expect(strangers.map(({ closed }) => closed !== null)).toEqual([true, true, false, false, false]);
    const leecher = new ConnectionProbe('leecher');
    PeerConnection.dialled<string>(await dialLink(transport, listener.port), CONNECTION_LIMITS, leecher.side);
    await leecher.until(() => leecher.handshake !== null);
    await listener.close();
    await strangers[4].until(() => strangers[4].closed !== null);
    expect(leecher.closed).toBeNull();
  });

  test('a full outgoing buffer stops payload until it has left', async () => {
    const { leecher, seeder } = await open();
    await seeder.until(() => seeder.handshake !== null);
    await leecher.until(() => leecher.handshake !== null);
    leecher.connection?.pause();
    const connection = seeder.connection as PeerConnection<string>;
    const block = new Uint8Array(128 * 1024);
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    let sent = 0;
    // The system's own buffers take some megabytes first; then it stays full.
    for (let fullTurns = 0; fullTurns < 3;) {
      for (; connection.isWritable; sent++) connection.sendBlock(0, sent, block);
      await turn();
      fullTurns = connection.isWritable ? 0 : fullTurns + 1;
    }
    expect(connection.unsentBytes).toBeGreaterThanOrEqual(CONNECTION_LIMITS.maxWritableBytes);
    const before = seeder.writableCount;
    leecher.connection?.resume();
    await seeder.until(() => seeder.writableCount > before);
    expect(connection.isWritable).toBe(true);
    await leecher.until(() => leecher.blocks.length === sent);
  });
});
