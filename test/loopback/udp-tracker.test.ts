// Announces over real datagrams: to a tracker that is well, that loses packets, that talks nonsense beside its answers, that
// restarts, that says no or nothing.

import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createUdpTracker } from '../../src/discovery/tracker/udp-tracker.js';
import type { AnnounceCall } from '../../src/discovery/tracker/announce-transport.js';
import type { AnnounceParameters } from '../../src/discovery/tracker/protocol/announce-request.js';
import type { Resolver } from '../../src/io/resolver.js';
import { formatAddress } from '../../src/model/address.js';
import { startChild } from '../support/child-process.js';
import { addressAt } from '../support/scripted-trackers.js';
import { UdpTrackerServer } from '../support/udp-tracker-server.js';

const PARAMETERS: AnnounceParameters = {
  infoHash: Uint8Array.from({ length: 20 }, (_, index) => index * 13),
  peerId: new TextEncoder().encode('-EF0100-abcdefghijkl'),
  port: 7001,
  uploaded: 11,
  downloaded: 2 ** 33,
  left: 2 ** 40 + 5,
  numwant: 200,
  event: 'started',
  key: '89abcdef',
};

/** A transport that ends with the test. `hosts`: what its resolver finds. */
function open(
  hosts: Readonly<Record<string, readonly string[]>> = {},
  options: { now?: () => number; retransmitMs?: number; resolver?: Resolver } = {},
) {
  let transactions = 1000;
  const tracker = createUdpTracker({
    resolver: { resolve: (host) => Promise.resolve(hosts[host] ?? []) },
    retransmitMs: 25,
    nextTransactionId: () => ++transactions,
    now: () => performance.now(),
    ...options,
  });
  onTestFinished(() => tracker.close?.());
  const controller = new AbortController();
  const sent: string[] = [];
  const announce = (url: string, changes: Partial<AnnounceParameters> = {}, call: Partial<AnnounceCall> = {}) =>
    tracker.announce({
      url,
      parameters: { ...PARAMETERS, ...changes },
      timeoutMs: 25_000,
      signal: controller.signal,
      onSent: () => sent.push(url),
      ...call,
    });
  return { tracker, announce, controller, sent };
}

describe('one that a server named', () => {
  const held = (host: string): Partial<AnnounceCall> => ({ origin: addressAt(host, 80) });
  const forbidden = { code: 'forbidden_address', message: expect.stringContaining('our own network') as string };

  test('is not asked where that server may not lead us, by number or by name', async () => {
    const server = await UdpTrackerServer.open();
    const { port } = new URL(server.url);
    const { announce, tracker, controller } = open({ 'inside.test': ['127.0.0.1'], 'lan.test': ['10.0.0.1', 'fd00::1'] });
    const urls = ['127.0.0.1', 'inside.test', 'lan.test', '[::1]', '0x7f.1', '169.254.169.254', '255.255.255.255'];
    for (const host of urls) {
      await expect(announce(`udp://${host}:${port}`, {}, held('8.8.8.8')), host).rejects.toMatchObject(forbidden);
      const scrape = tracker.scrape?.({
        url: `udp://${host}:${port}`,
        infoHash: PARAMETERS.infoHash,
        timeoutMs: 25_000,
        signal: controller.signal,
        ...held('8.8.8.8'),
      });
      await expect(scrape, host).rejects.toMatchObject(forbidden);
    }
    expect(server.received).toEqual([]);
  });

  test('is asked where it may; of several addresses those alone that are allowed, which are not looked up again', async () => {
    const server = await UdpTrackerServer.open();
    const { port } = new URL(server.url);
    const answers = [['127.0.0.1'], ['255.255.255.255', '127.0.0.1'], ['255.255.255.255']];
    let lookups = 0;
    const { announce } = open({}, { resolver: { resolve: () => Promise.resolve(answers[lookups++] ?? []) } });
    for (const turn of [1, 2]) {
      await announce(`udp://turning.test:${port}`, {}, held('127.0.0.5'));
      expect([lookups, server.announces.length]).toEqual([turn, turn]);
    }
    await expect(announce(`udp://turning.test:${port}`, {}, held('127.0.0.5'))).rejects.toMatchObject(forbidden);
    expect(server.announces.length).toBe(2);
  });
});

describe('a tracker that is well', () => {
  test.each(['127.0.0.1', '::1'])('is told everything and answers, at %s', async (host) => {
    const server = await UdpTrackerServer.open(host);
    const { announce, sent } = open();
    await announce(server.url, { port: 7002, left: 0 });
    const answer = await announce(server.url);
    expect(answer).toMatchObject({ intervalSeconds: 1800, seeds: 1, leechers: 1, warning: null, trackerId: null });
    expect(answer.addresses.map(formatAddress)).toEqual([host === '::1' ? '[::1]:7002' : '127.0.0.1:7002']);
    expect(server.announces[1]).toEqual({
      connectionId: server.announces[0].connectionId,
      infoHash: Buffer.from(PARAMETERS.infoHash).toString('hex'),
      peerId: '-EF0100-abcdefghijkl',
      downloaded: 2 ** 33,
      left: 2 ** 40 + 5,
      uploaded: 11,
      event: 2,
      ip: 0,
      key: 0x89abcdef,
      numwant: 200,
      port: 7001,
      urlData: '/announce?key=1',
    });
    expect(sent).toEqual([server.url, server.url]);
  });

  test('is asked for a connection id once, from one port', async () => {
    const server = await UdpTrackerServer.open();
    const { announce } = open();
    for (const event of ['started', null, 'completed', 'stopped'] as const) await announce(server.url, { event });
    expect(server.received).toEqual(['connect', 'announce', 'announce', 'announce', 'announce']);
    expect(server.announces.map(({ event }) => event)).toEqual([2, 0, 1, 3]);
    expect(server.sources.size).toBe(1);
  });

  test('is asked for another one a minute later', async () => {
    const server = await UdpTrackerServer.open();
    let laterMs = 0;
    const { announce } = open({}, { now: () => performance.now() + laterMs });
    await announce(server.url);
    laterMs = 60_000;
    await announce(server.url, { event: null });
    expect(server.received).toEqual(['connect', 'announce', 'connect', 'announce']);
  });

  test('is found by name, and nothing is sent where there is no such name', async () => {
    const server = await UdpTrackerServer.open();
    const { announce, sent } = open({ 'tracker.example': ['odd', '127.0.0.1', '127.0.0.2'] });
    await announce(`udp://tracker.example:${server.port}`);
    expect(server.announces[0].urlData).toBe('');
    await expect(announce(`udp://gone.example:${server.port}`)).rejects.toMatchObject({ code: 'name_not_found' });
    expect(sent).toHaveLength(1);
  });

  test('serves several announces at a time', async () => {
    const servers = await Promise.all([UdpTrackerServer.open(), UdpTrackerServer.open(), UdpTrackerServer.open('::1')]);
    const { announce } = open();
    const ports = [7001, 7002, 7003];
    await Promise.all(servers.flatMap(({ url }) => ports.map((port) => announce(url, { port }))));
    for (const server of servers) expect(new Set(server.announces.map(({ port }) => port))).toEqual(new Set(ports));
  });
});

describe('a tracker that is not', () => {
  test('loses the first datagram: it is sent again', async () => {
    const server = await UdpTrackerServer.open('127.0.0.1', { lose: 1 });
    const { announce } = open();
    await announce(server.url);
    expect(server.received.slice(0, 2)).toEqual(['connect', 'connect']);
    expect(server.announces.length).toBeGreaterThan(0);
  });

  test('loses the announce: it is sent again, the same', async () => {
    const server = await UdpTrackerServer.open('127.0.0.1', { loseAnnounces: 1 });
    const { announce } = open();
    await announce(server.url);
    expect(server.received.filter((what) => what === 'announce').length).toBeGreaterThan(1);
    expect(server.announces[0]).toMatchObject({ event: 2, port: 7001 });
  });

  test('talks nonsense, and others in its name: only its answer counts', async () => {
    const server = await UdpTrackerServer.open('127.0.0.1', { isNoisy: true });
    const { announce } = open({}, { retransmitMs: 8000 });
    await announce(server.url, { port: 7002 });
    const answer = await announce(server.url);
    expect(answer.addresses.map(formatAddress)).toEqual(['127.0.0.1:7002']);
  });

  test('restarts: its old connection id is given up for a new one', async () => {
    const server = await UdpTrackerServer.open();
    const { announce } = open();
    await announce(server.url);
    server.forgetConnections();
    await announce(server.url, { event: null });
    expect(server.announces.map(({ event }) => event)).toEqual([2, 0]);
  });

  test('says no, in its own words', async () => {
    const server = await UdpTrackerServer.open('127.0.0.1', { failWith: 'not\u0007 registered' });
    const { announce } = open({ 'tracker.example': ['127.0.0.1', '::1'] });
    await expect(announce(server.url)).rejects.toMatchObject({ code: 'failure_reason', message: 'not registered' });
    const byName = announce(`udp://tracker.example:${server.port}/announce`);
    await expect(byName).rejects.toMatchObject({ code: 'failure_reason' });
  });

  test('says nothing: the time is bounded, and nothing counts as sent', async () => {
    const server = await UdpTrackerServer.open('127.0.0.1', { isSilent: true });
    const { announce, sent } = open();
    await expect(announce(server.url, {}, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'timeout' });
    expect(server.received.length).toBeGreaterThan(0);
    expect(new Set(server.received)).toEqual(new Set(['connect']));
    expect(sent).toEqual([]);
  });

  test.each(['udp://127.0.0.1/announce', 'udp://127.0.0.1:0/', 'udp://:1/'])('has no address: %s', async (url) => {
    await expect(open().announce(url)).rejects.toMatchObject({ code: 'invalid_url' });
  });

  test('cannot be reached at all', async () => {
    // Broadcast is not allowed on our sockets, so nothing leaves.
    await expect(open().announce('udp://255.255.255.255:9/')).rejects.toMatchObject({ code: 'failed' });
  });

  test('is not asked when what we would say is nonsense', async () => {
    const server = await UdpTrackerServer.open();
    await expect(open().announce(server.url, { port: 0 })).rejects.toMatchObject({ code: 'invalid_parameter' });
    expect(server.received).toEqual([]);
  });
});

test('one family without an answer leaves the other its time, and is asked last from then on', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const silent = await UdpTrackerServer.open('::1', { isSilent: true });
    const server = await UdpTrackerServer.open('127.0.0.1', {}, silent.port);
    let now = 0;
    const { announce } = open({ 'tracker.example': ['::1', '127.0.0.1'] }, { now: () => now, retransmitMs: 60_000 });
    const url = `udp://tracker.example:${server.port}/`;
    const first = announce(url, {}, { timeoutMs: 30_000 });
    await silent.until(() => silent.received.length === 1);
    for (now = 5000; now <= 15_000; now += 5000) await vi.advanceTimersByTimeAsync(5000);
    expect(await first).toMatchObject({ leechers: 1 });
    expect(silent.received.every((what) => what === 'connect')).toBe(true);
    const before = silent.received.length;
    await announce(url, { event: null });
    expect(server.announces.map(({ event }) => event)).toEqual([2, 0]);
    expect(silent.received).toHaveLength(before);
  } finally {
    vi.useRealTimers();
  }
});

describe('an announce that nobody wants any more', () => {
  test('ends at once, before it begins and while it waits', async () => {
    const server = await UdpTrackerServer.open('127.0.0.1', { isSilent: true });
    const { announce, controller } = open();
    const waiting = announce(server.url);
    await server.until(() => server.received.length > 0);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    const before = server.received.length;
    await expect(announce(server.url)).rejects.toMatchObject({ code: 'aborted' });
    expect(server.received).toHaveLength(before);
  });

  test('does not open what was closed', async () => {
    const server = await UdpTrackerServer.open();
    const resolvers: ((hosts: string[]) => void)[] = [];
    const tracker = createUdpTracker({
      resolver: { resolve: () => new Promise((resolve) => resolvers.push(resolve)) },
      retransmitMs: 25,
      nextTransactionId: () => 1,
      now: () => performance.now(),
    });
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = tracker.announce({
      url: `udp://tracker.example:${server.port}/`,
      parameters: PARAMETERS,
      timeoutMs: 25_000,
      signal,
      onSent: () => undefined,
    });
    controller.abort();
    tracker.close?.();
    resolvers[0]?.(['127.0.0.1']);
    await expect(waiting).rejects.toThrow();
    await open().announce(server.url);
    expect(server.received).toEqual(['connect', 'announce']);
  });
});

test('what it keeps open keeps no process alive', async () => {
  const server = await UdpTrackerServer.open();
  const module = fileURLToPath(new URL('../../src/discovery/tracker/udp-tracker.ts', import.meta.url));
  const script = `
    const { createUdpTracker } = await import(${JSON.stringify(module)});
    const options = { resolver: null, retransmitMs: 3000, nextTransactionId: () => 1, now: () => performance.now() };
    const bytes = new Uint8Array(20);
    const numbers = { port: 1, uploaded: 0, downloaded: 0, left: 0, numwant: 0 };
    await createUdpTracker(options).announce({
      url: process.argv[1],
      parameters: { infoHash: bytes, peerId: bytes, ...numbers, event: null },
      timeoutMs: 25_000,
      signal: new AbortController().signal,
      onSent: () => undefined,
    });
    console.log('answered');`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script, server.url];
  const end = await startChild(process.execPath, args, { timeoutMs: 25_000 }).ended;
  expect([end.code, end.stdout, end.timedOut], end.stderr).toEqual([0, 'answered\n', false]);
});

test('after its end it begins anew, with another port and another connection id', async () => {
  const server = await UdpTrackerServer.open();
  const { tracker, announce } = open();
  await announce(server.url);
  tracker.close?.();
  tracker.close?.();
  await announce(server.url);
  expect(server.received).toEqual(['connect', 'announce', 'connect', 'announce']);
});
