// What an encrypting link does beside carrying bytes (which the contract of connections shows): it tells plain from encrypted in any
// chunking, refuses what it must with the right reason, leaves lent memory alone, and gets out of the way of plain streams.

import { describe, expect, onTestFinished, test } from 'vitest';
import { sha1 } from '../../../src/hash/digest.js';
import { toHex } from '../../../src/model/ids.js';
import { dial } from '../../../src/net/dialer.js';
import { Listener } from '../../../src/net/listener.js';
import { MemoryTransport } from '../../../src/net/memory-transport.js';
import { MseLink } from '../../../src/net/mse-link.js';
import { PeerConnection } from '../../../src/net/peer-connection.js';
import type { Link, LinkHandler } from '../../../src/net/transport.js';
import { encodeHandshake, PROTOCOL_HEAD } from '../../../src/wire/handshake.js';
import type { EncryptionPolicy } from '../../../src/wire/mse/encryption-policy.js';
import { torrentMark } from '../../../src/wire/mse/mse-keys.js';
import { WireError } from '../../../src/wire/wire-error.js';
import { CONNECTION_LIMITS, ConnectionProbe, INFO_HASH } from '../../support/connection-probe.js';
import { LinkProbe, loopback } from '../../support/link-probe.js';
import { pseudoRandomBytes } from '../../support/payload.js';
import { seededBytes } from '../../support/mse-talk.js';

const MARK = toHex(torrentMark(INFO_HASH));

function accepted(link: Link, policy: EncryptionPolicy = 'prefer'): MseLink {
  const findTorrent = (mark: Uint8Array): Uint8Array | null => (toHex(mark) === MARK ? INFO_HASH : null);
  return MseLink.accepted(link, { policy, randomBytes: seededBytes(1), findTorrent });
}

function dialled(link: Link, policy: EncryptionPolicy, infoHash: Uint8Array = INFO_HASH): MseLink {
  return MseLink.dialled(link, infoHash, { policy, randomBytes: seededBytes(2) });
}

/** A link by hand: what is sent is kept, what comes is said by the test. */
class ScriptedLink implements Link {
  readonly remote = loopback(6881);
  readonly local = null;
  readonly isEncrypted = false;
  readonly sent: Uint8Array[] = [];
  handler: LinkHandler | null = null;
  writableBytes = 0;
  isClosed = false;

  start(handler: LinkHandler): void {
    this.handler = handler;
  }

  write(parts: readonly Uint8Array[]): void {
    this.sent.push(...parts);
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    this.isClosed = true;
  }
}

class FaultProbe extends LinkProbe {
  readonly faults: unknown[] = [];

  override onFault(error: unknown): void {
    this.faults.push(error);
  }
}

describe('an incoming link', () => {
  const greeting = encodeHandshake(new ConnectionProbe('them').side.local);

  test.each([1, 7, 19, 20, 21, 68])('hands on a plain stream that comes in parts of %i bytes', (length) => {
    const link = new ScriptedLink();
    const probe = new FaultProbe();
    const wrapped = accepted(link);
    wrapped.start(probe);
    for (let at = 0; at < greeting.length; at += length) {
      const chunk = greeting.slice(at, at + length);
      link.handler?.onData(chunk, chunk.length);
      chunk.fill(0xdb);
    }
    expect(Uint8Array.from(probe.received)).toEqual(greeting);
    expect(link.handler, 'speaks to the owner itself from then on').toBe(probe);
    expect(wrapped.isEncrypted).toBe(false);
    expect(link.sent).toEqual([]);
  });

  test('takes what begins like the plain protocol and goes on differently for a key', () => {
    for (let known = 0; known < PROTOCOL_HEAD.length; known++) {
      const link = new ScriptedLink();
      const probe = new FaultProbe();
      accepted(link).start(probe);
      const key = Uint8Array.of(...PROTOCOL_HEAD.subarray(0, known), 0xee, ...pseudoRandomBytes('key', 95 - known));
      for (const byte of key) link.handler?.onData(Uint8Array.of(byte), 1);
      expect(link.sent, 'a key and padding').toHaveLength(1);
      expect(link.sent[0].length).toBeGreaterThanOrEqual(96);
      expect(probe.faults).toEqual([]);
    }
  });

  test('refuses a plain stream where encryption is required', () => {
    const link = new ScriptedLink();
    const probe = new FaultProbe();
    accepted(link, 'require').start(probe);
    link.handler?.onData(greeting.slice(0, 19), 19);
    expect(probe.faults).toEqual([]);
    link.handler?.onData(greeting.slice(19), greeting.length - 19);
    expect(probe.faults).toEqual([expect.objectContaining({ code: 'unencrypted' })]);
    expect(probe.received).toEqual([]);
    expect(link.isClosed).toBe(true);
  });

  test('refuses garbage as a WireError, once', () => {
    const link = new ScriptedLink();
    const probe = new FaultProbe();
    accepted(link).start(probe);
    const noise = pseudoRandomBytes('noise', 2000);
    link.handler?.onData(noise, noise.length);
    expect(probe.faults).toEqual([expect.any(WireError)]);
    expect(link.isClosed).toBe(true);
  });

  test('hands an error of ours to the owner', () => {
    const link = new ScriptedLink();
    const probe = new FaultProbe();
    const broken = new Error('no chance left');
    const fail = (): never => {
      throw broken;
    };
    MseLink.accepted(link, { policy: 'prefer', randomBytes: fail, findTorrent: () => null }).start(probe);
    link.handler?.onData(pseudoRandomBytes('key', 96), 96);
    expect(probe.faults).toEqual([broken]);
  });
});

interface Met {
  readonly listener: Listener<string>;
  readonly leecher: ConnectionProbe;
  readonly seeder: ConnectionProbe;
  readonly link: Link;
}

/** Two connections over one link in memory that delivers slices; the dialling end is plain with `off`. */
async function meet(ours: EncryptionPolicy, theirs: EncryptionPolicy, infoHash: Uint8Array = INFO_HASH): Promise<Met> {
  const transport = new MemoryTransport({ nextChunk: (available) => 1 + ((available * 7) % 97) });
  const [leecher, seeder] = [new ConnectionProbe('leecher'), new ConnectionProbe('seeder')];
  const listener = await Listener.open<string>(
    transport,
    {
      port: 0,
      limits: CONNECTION_LIMITS,
      maxPendingIncoming: 5,
      ...(theirs === 'off' ? {} : { unwrap: (link: Link) => accepted(link, theirs) }),
    },
    {
      onIncoming: (_infoHash, connection) => {
        seeder.connection = connection;
        return seeder.side;
      },
      onFault: (error) => seeder.onFault(error),
    },
  );
  onTestFinished(() => listener.close());
  const outcome = await dial(transport, loopback(listener.port), { timeoutMs: 20_000 });
  if (!outcome.ok) throw new Error(outcome.reason);
  const link = ours === 'off' ? outcome.link : dialled(outcome.link, ours, infoHash);
  leecher.connection = PeerConnection.dialled<string>(link, CONNECTION_LIMITS, leecher.side);
  onTestFinished(() => leecher.connection?.close('stopping'));
  return { listener, leecher, seeder, link };
}

describe('between two connections', () => {
  test.each<[EncryptionPolicy, EncryptionPolicy, boolean]>([
    ['off', 'off', false],
    ['off', 'prefer', false],
    ['prefer', 'prefer', true],
    ['prefer', 'require', true],
    ['require', 'prefer', true],
    ['require', 'require', true],
  ])('%s to %s: they meet, and blocks are whole, and as they were at the lender', async (ours, theirs, isEncrypted) => {
    const { leecher, seeder } = await meet(ours, theirs);
    await seeder.until(() => seeder.handshake !== null);
    const block = pseudoRandomBytes('block', 16_384);
    const digest = toHex(sha1(block));
    for (let i = 0; i < 3; i++) seeder.connection?.sendBlock(i, 0, block);
    seeder.connection?.send({ type: 'unchoke' });
    await leecher.until(() => leecher.messages.length === 1);
    expect(leecher.blocks.map(({ bytes }) => toHex(sha1(bytes)))).toEqual([digest, digest, digest]);
    expect(toHex(sha1(block)), 'lent memory').toBe(digest);
    expect([leecher.connection?.isEncrypted, seeder.connection?.isEncrypted]).toEqual([isEncrypted, isEncrypted]);
  });

  test.each<[EncryptionPolicy, EncryptionPolicy]>([
    ['off', 'require'],
    ['prefer', 'off'],
    ['require', 'off'],
  ])('%s to %s: closed in the handshake', async (ours, theirs) => {
    const { leecher, listener } = await meet(ours, theirs);
    await leecher.until(() => leecher.closed !== null);
    expect(leecher.closed?.reason).toBe('closed-in-handshake');
    expect(listener.unencryptedCount).toBe(ours === 'off' ? 1 : 0);
    expect(listener.pendingCount).toBe(0);
  });

  test('a torrent that the listening end does not have: closed in the handshake', async () => {
    const { leecher, listener } = await meet('prefer', 'prefer', sha1(Uint8Array.of(1)));
    await leecher.until(() => leecher.closed !== null);
    expect(leecher.closed?.reason).toBe('closed-in-handshake');
    expect(listener.pendingCount).toBe(0);
  });

  test('an answer that is none: malformed-handshake', () => {
    const link = new ScriptedLink();
    const probe = new ConnectionProbe('us');
    probe.connection = PeerConnection.dialled<string>(dialled(link, 'require'), CONNECTION_LIMITS, probe.side);
    const noise = pseudoRandomBytes('noise', 2000);
    link.handler?.onData(noise, noise.length);
    expect(probe.closed).toMatchObject({ reason: 'malformed-handshake', error: { code: 'bad_encryption_handshake' } });
    expect(probe.faults).toEqual([]);
  });

  test('what waits for the handshake counts as unsent', () => {
    const link = dialled(new ScriptedLink(), 'require');
    link.start(new FaultProbe());
    link.write([new Uint8Array(10), new Uint8Array(5)]);
    expect(link.writableBytes).toBe(15);
    link.close();
    expect(link.writableBytes).toBe(0);
  });
});
