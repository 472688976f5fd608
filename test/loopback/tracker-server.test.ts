// Our own tracker as any client sees it: compact and dictionary answers, refusals, faults.

import { afterEach, describe, expect, test } from 'vitest';
import { BencodeDict } from '../../src/bencode/bencode-dict.js';
import { decode } from '../../src/bencode/decode.js';
import { startTrackerServer, type TrackerServer, type TrackerServerOptions } from '../../src/swarm/tracker-server.js';

const HASH = 'abcdefghijklmnopqrst';
const HEX = '6162636465666768696a6b6c6d6e6f7071727374';
const text = (value: unknown): string => new TextDecoder().decode(value as Uint8Array);

let server: TrackerServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function start(options: TrackerServerOptions = {}): Promise<TrackerServer> {
  server = await startTrackerServer(options);
  return server;
}

async function ask(tracker: TrackerServer, port: number, more = '', left = 1): Promise<BencodeDict> {
  const query = `info_hash=${HASH}&peer_id=-XX0000-0000000${String(port).padStart(5, '0')}&port=${port}`;
  const response = await fetch(`${tracker.url}?${query}&uploaded=0&downloaded=0&left=${left}${more}`);
  const answer = decode(new Uint8Array(await response.arrayBuffer()));
  if (!(answer instanceof BencodeDict)) throw new Error('the answer is no dictionary');
  return answer;
}

describe('answers', () => {
  test('compact: the others, seeds and leechers counted, ourselves left out', async () => {
    const tracker = await start({ intervalSeconds: 60, minIntervalSeconds: 30 });
    await ask(tracker, 7001, '&event=started', 0);
    const answer = await ask(tracker, 7002, '&compact=1');
    expect(answer.get('peers')).toEqual(Uint8Array.of(127, 0, 0, 1, 0x1b, 0x59));
    expect(['interval', 'min interval', 'complete', 'incomplete'].map((key) => answer.get(key))).toEqual([60, 30, 1, 1]);
    expect(answer.get('external ip')).toEqual(Uint8Array.of(127, 0, 0, 1));
    expect(tracker.peersOf(HEX)).toHaveLength(2);
  });

  test('dictionaries, with and without peer ids; IPv6 in peers6', async () => {
    const tracker = await start();
    await ask(tracker, 7001, '&ip=::1');
    const [peer] = (await ask(tracker, 7002)).get('peers') as BencodeDict[];
    expect([text(peer.get('ip')), peer.get('port'), text(peer.get('peer id'))]).toEqual(['::1', 7001, '-XX0000-000000007001']);
    const [bare] = (await ask(tracker, 7002, '&no_peer_id=1')).get('peers') as BencodeDict[];
    expect(bare.has('peer id')).toBe(false);
    const compact = await ask(tracker, 7002, '&compact=1');
    expect(compact.get('peers')).toHaveLength(0);
    expect(compact.get('peers6')).toHaveLength(18);
  });

  test('numwant is obeyed, a stopped peer is gone', async () => {
    const tracker = await start();
    for (let port = 7001; port <= 7005; port++) await ask(tracker, port);
    expect((await ask(tracker, 8000, '&compact=1&numwant=2')).get('peers')).toHaveLength(12);
    expect((await ask(tracker, 8000, '&compact=1&numwant=0')).get('peers')).toHaveLength(0);
    await ask(tracker, 7001, '&event=stopped');
    expect((await ask(tracker, 8000, '&compact=1')).get('peers')).toHaveLength(24);
  });

  test('the log keeps what was announced and calls the listener', async () => {
    const seen: (string | null)[] = [];
    const tracker = await start({ onAnnounce: ({ event }) => seen.push(event) });
    await ask(tracker, 7001, '&event=started');
    await ask(tracker, 7001);
    expect(seen).toEqual(['started', null]);
    expect(tracker.announces.map(({ infoHash }) => infoHash)).toEqual([HEX, HEX]);
  });
});

describe('refusals and faults', () => {
  test('bad requests', async () => {
    const tracker = await start();
    expect(text((await ask(tracker, 0)).get('failure reason'))).toContain('port');
    expect((await fetch(tracker.url.replace('announce', 'other'))).status).toBe(404);
    expect((await fetch(tracker.url, { method: 'POST' })).status).toBe(404);
    expect(tracker.announces).toEqual([]);
  });

  test('on demand, and over when they are taken back', async () => {
    const tracker = await start({ faults: { failWith: 'closed' } });
    expect(text((await ask(tracker, 7001)).get('failure reason'))).toBe('closed');
    expect(tracker.announces).toEqual([]);
    delete tracker.faults.failWith;
    tracker.faults.warning = 'careful';
    tracker.faults.delayMs = 1;
    const answer = await ask(tracker, 7001);
    expect(text(answer.get('warning message'))).toBe('careful');
    expect(answer.get('complete')).toBe(0);
  });

  test('closing cuts answers that are still held back; the port is taken while it lives', async () => {
    let arrived = (): void => undefined;
    const came = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const tracker = await start({ faults: { delayMs: 1_000_000 }, onAnnounce: () => arrived() });
    await expect(startTrackerServer({ port: tracker.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const asked = ask(tracker, 7001);
    const cut = expect(asked).rejects.toThrow();
    await came;
    await tracker.close();
    await cut;
  });
});
