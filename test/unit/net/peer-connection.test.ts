// Details of a connection that need a link under full control: time limits, one write a turn, the limit of unsent bytes.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PeerConnection } from '../../../src/net/peer-connection.js';
import type { Link, LinkHandler } from '../../../src/net/transport.js';
import { encodeHandshake } from '../../../src/wire/handshake.js';
import { encodeMessage } from '../../../src/wire/message-encoder.js';
import { CONNECTION_LIMITS, ConnectionProbe } from '../../support/connection-probe.js';
import { loopback } from '../../support/link-probe.js';

class ScriptedLink implements Link {
  readonly remote = loopback(6881);
  readonly local = null;
  readonly isEncrypted = false;
  readonly writes: Uint8Array[][] = [];
  handler: LinkHandler | null = null;
  writableBytes = 0;
  /** Writes stay in the process. */
  isStuck = false;
  isClosed = false;

  start(handler: LinkHandler): void {
    this.handler = handler;
  }

  write(parts: readonly Uint8Array[]): void {
    // By reference where it is stuck, as a socket keeps it.
    this.writes.push(this.isStuck ? [...parts] : parts.map((part) => part.slice()));
    if (this.isStuck) for (const part of parts) this.writableBytes += part.length;
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    this.isClosed = true;
  }

  receive(bytes: Uint8Array): void {
    const chunk = bytes.slice();
    this.handler?.onData(chunk, chunk.length);
    chunk.fill(0xdb);
  }
}

const join = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const turn = (): Promise<void> => Promise.resolve();

function open(limits = CONNECTION_LIMITS): { link: ScriptedLink; probe: ConnectionProbe; connection: PeerConnection<string> } {
  const link = new ScriptedLink();
  const probe = new ConnectionProbe('us');
  const connection = PeerConnection.dialled<string>(link, limits, probe.side);
  probe.connection = connection;
  return { link, probe, connection };
}

function openHandshaken(limits = CONNECTION_LIMITS): ReturnType<typeof open> {
  const opened = open(limits);
  opened.link.receive(encodeHandshake(new ConnectionProbe('them').side.local));
  opened.link.writes.length = 0;
  return opened;
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('handshake', () => {
  test('a dialled connection speaks first and at once', () => {
    const { link, probe } = open();
    expect(link.writes).toEqual([[encodeHandshake(probe.side.local)]]);
  });

  test('it must be done in time', () => {
    const { link, probe } = open();
    link.receive(encodeHandshake(probe.side.local).subarray(0, 67));
    vi.advanceTimersByTime(CONNECTION_LIMITS.handshakeTimeoutMs - 1);
    expect(probe.closed).toBeNull();
    vi.advanceTimersByTime(1);
    expect(probe.closed).toEqual({ reason: 'handshake-timeout', error: null });
    expect(link.isClosed).toBe(true);
  });

  test('no timer is left after the handshake, nor after a close', () => {
    const { probe } = openHandshaken();
    expect(probe.handshake).not.toBeNull();
    expect(vi.getTimerCount()).toBe(0);
    open().connection.close('stopping');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a connection that nobody took times out as well', () => {
    const link = new ScriptedLink();
    const reasons: string[] = [];
    PeerConnection.accepted(link, CONNECTION_LIMITS, {
      route: () => null,
      onUnrouted: (reason) => reasons.push(reason),
      onFault: (error) => {
        throw error;
      },
    });
    vi.advanceTimersByTime(CONNECTION_LIMITS.handshakeTimeoutMs);
    expect(reasons).toEqual(['handshake-timeout']);
    expect(link.writes).toEqual([]);
  });

  test('a close in onHandshake drops what follows in the chunk', () => {
    const { link, probe } = open();
    probe.react = (event) => {
      if (event === 'handshake') probe.connection?.close('self-connection');
    };
    link.receive(join([encodeHandshake(probe.side.local), encodeMessage({ type: 'unchoke' })]));
    expect(probe.closed?.reason).toBe('self-connection');
    expect(probe.messages).toEqual([]);
  });
});

describe('sending', () => {
  test('one write for all that is sent in a turn, blocks by reference and in order', async () => {
    const { link, connection } = openHandshaken();
    link.isStuck = true;
    const block = Uint8Array.of(1, 2, 3);
    connection.send({ type: 'unchoke' });
    connection.sendBlock(0, 0, block);
    connection.send({ type: 'have', piece: 1 });
    connection.sendBlock(0, 3, block);
    expect(link.writes).toEqual([]);
    expect(connection.unsentBytes).toBe(5 + 16 + 9 + 16);
    await turn();
    expect(link.writes.length).toBe(1);
    expect(link.writes[0].filter((part) => part === block).length).toBe(2);
    expect(join(link.writes[0])).toEqual(
      join([
        encodeMessage({ type: 'unchoke' }),
        encodeMessage({ type: 'piece', piece: 0, begin: 0, block }),
        encodeMessage({ type: 'have', piece: 1 }),
        encodeMessage({ type: 'piece', piece: 0, begin: 3, block }),
      ]),
    );
  });

  test('what a stuck link still holds is never overwritten', async () => {
    const { link, connection } = openHandshaken();
    link.isStuck = true;
    const expected: Uint8Array[] = [];
    for (let i = 0; i < 200; i++) {
      const message = { type: 'request', piece: i, begin: 0, length: 16_384 } as const;
      expected.push(encodeMessage(message));
      connection.send(message);
      if (i % 3 === 0) await turn();
    }
    await turn();
    expect(join(link.writes.flat())).toEqual(join(expected));
  });

  test('a message that cannot be encoded takes nothing with it', async () => {
    const { link, connection } = openHandshaken();
    connection.send({ type: 'have', piece: 1 });
    expect(() => connection.send({ type: 'have', piece: -1 })).toThrow();
    connection.send({ type: 'have', piece: 2 });
    await turn();
    expect(join(link.writes.flat())).toEqual(join([1, 2].map((piece) => encodeMessage({ type: 'have', piece }))));
  });

  test('a turn that fills the buffer, taken at once by the system, still tells when there is room', async () => {
    const { probe, connection } = openHandshaken({ ...CONNECTION_LIMITS, maxWritableBytes: 100 });
    expect(connection.isWritable).toBe(true);
    connection.sendBlock(0, 0, new Uint8Array(200));
    expect(connection.isWritable).toBe(false);
    await turn();
    expect(connection.isWritable).toBe(true);
    expect(probe.writableCount).toBe(1);
  });

  test('room is told once, when what was stuck has left', async () => {
    const { link, probe, connection } = openHandshaken({ ...CONNECTION_LIMITS, maxWritableBytes: 100 });
    link.isStuck = true;
    connection.sendBlock(0, 0, new Uint8Array(200));
    await turn();
    expect(probe.writableCount).toBe(0);
    link.writableBytes = 0;
    link.handler?.onDrain();
    link.handler?.onDrain();
    expect(probe.writableCount).toBe(1);
  });

  test('a peer that reads nothing is given up', async () => {
    const { link, probe, connection } = openHandshaken({ ...CONNECTION_LIMITS, maxUnsentBytes: 1000 });
    link.isStuck = true;
    for (let i = 0; i < 120 && !connection.isClosed; i++) {
      connection.send({ type: 'have', piece: i });
      await turn();
    }
    expect(probe.closed).toEqual({ reason: 'send-failure', error: null });
  });

  test('nothing is written after a close in the same turn', async () => {
    const { link, connection } = openHandshaken();
    connection.send({ type: 'choke' });
    connection.close('useless');
    await turn();
    expect(link.writes).toEqual([]);
  });
});

describe('the end', () => {
  const systemError = (code: string, syscall: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code, syscall });

  test.each([
    [null, 'closed-by-peer'],
    [systemError('ECONNRESET', 'read'), 'connection-error'],
    [systemError('EPIPE', 'write'), 'send-failure'],
    [systemError('ECONNRESET', 'write'), 'send-failure'],
  ])('%s is %s', (error, reason) => {
    const { link, probe } = openHandshaken();
    link.handler?.onClose(error);
    expect(probe.closed).toEqual({ reason, error });
  });

  test('before the handshake any end is closed-in-handshake', () => {
    const { link, probe } = open();
    link.handler?.onClose(systemError('ECONNRESET', 'read'));
    expect(probe.closed?.reason).toBe('closed-in-handshake');
  });

  test('a block that is given up is skipped to its end', () => {
    const { link, probe, connection } = openHandshaken();
    const block = new Uint8Array(50).fill(1);
    const bytes = join([encodeMessage({ type: 'piece', piece: 4, begin: 0, block }), encodeMessage({ type: 'choke' })]);
    const events: string[] = [];
    probe.react = (event) => events.push(event);
    link.receive(bytes.subarray(0, 30));
    expect(connection.isInBlock).toBe(true);
    connection.skipBlock();
    expect(connection.isInBlock).toBe(false);
    link.receive(bytes.subarray(30));
    expect(events).toEqual(['begin', 'choke']);
  });
});
