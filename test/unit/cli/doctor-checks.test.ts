// The checklist and its verdict from findings made up here: each way in which a download may fail has its own line and its exit code.

import { describe, expect, test } from 'vitest';
import { type DoctorFindings, judge, makeChecks } from '../../../src/cli/doctor-checks.js';
import type { PeerJson } from '../../../src/cli/render/peer-text.js';
import type { TrackerFinding } from '../../../src/engine/tracker-check.js';
import type { WebSeedFinding } from '../../../src/engine/web-seed-check.js';

const tracker: TrackerFinding = {
  url: 'http://t.example/announce',
  hosts: ['203.0.113.1'],
  latencyMs: 31.4,
  seeds: 2,
  leechers: 0,
  peers: 2,
  intervalMs: 1_800_000,
  error: null,
  errorCode: null,
  warning: null,
};
const seed: PeerJson = {
  address: '203.0.113.2:6881',
  sources: ['tracker'],
  result: 'connected',
  client: 'x',
  unchoked: true,
  progress: 1,
  pieces: 9,
  metadataBytes: 100,
  encrypted: true,
  rttMs: 9,
};
const silent: PeerJson = {
  ...seed,
  result: 'no-answer',
  client: null,
  unchoked: null,
  progress: null,
  pieces: null,
  metadataBytes: null,
  encrypted: null,
  rttMs: null,
};
const webSeed: WebSeedFinding = {
  url: 'http://w.example/',
  verdict: 'ok',
  status: 206,
  reason: null,
  latencyMs: 5,
  clockMs: 1000,
};

const good: DoctorFindings = {
  totalBytes: 1000,
  swarm: { peers: [], trackers: [tracker], dht: null, incoming: 0, available: null, isWhole: true, elapsedMs: 1 },
  peers: [seed],
  webSeeds: [],
  port: { port: 6881, seenAs: ['198.51.100.1'], own: ['10.0.0.2'], mapping: null, isMappingAsked: false, incoming: 0 },
  routes: { v4: '10.0.0.2', v6: null },
  disk: { folder: '/data', freeBytes: 5000, writeBytesPerSecond: 1e9, errno: null, refusedNames: [], isCaseSensitive: true },
  isBegun: false,
  usesProxy: false,
  isDhtOff: false,
  proxyVariables: [],
};

const swarmOf = (more: Partial<DoctorFindings['swarm']>): Pick<DoctorFindings, 'swarm'> => ({
  swarm: { ...good.swarm, ...more },
});

/** `id status` of each check, and what the run ends with. */
function look(more: Partial<DoctorFindings>): { checks: Record<string, string>; code: number } {
  const findings = { ...good, ...more };
  return {
    checks: Object.fromEntries(makeChecks(findings).map(({ id, status, text }) => [id, `${status}: ${text}`])),
    code: judge(findings).exitCode,
  };
}

describe('the verdict', () => {
  const dead: TrackerFinding = {
    ...tracker,
    latencyMs: null,
    peers: null,
    seeds: null,
    leechers: null,
    intervalMs: null,
    error: 'connection refused',
  };
  const noDht = { state: 'starting', nodes: { v4: 0, v6: 0 }, peers: { v4: 0, v6: 0 }, searchMs: null } as const;
  const dht = { state: 'running', nodes: { v4: 8, v6: 0 }, peers: { v4: 0, v6: 0 }, searchMs: 900 } as const;
  const none = { isWhole: false } as const;
  test.each<[string, Partial<DoctorFindings>, number]>([
    ['a seed answers', {}, 0],
    ['a web seed alone', { ...swarmOf(none), peers: [], webSeeds: [webSeed] }, 0],
    [
      'a web seed that is dead',
      { ...swarmOf(none), peers: [], webSeeds: [{ ...webSeed, verdict: 'failed', reason: 'HTTP status 404' }] },
      5,
    ],
    ['peers that have a part', { ...swarmOf(none), peers: [{ ...seed, progress: 0.5 }] }, 5],
    ['peers that do not answer', { ...swarmOf(none), peers: [silent] }, 5],
    ['nobody is named', { ...swarmOf(none), peers: [] }, 5],
    ['a dead tracker and no DHT', { ...swarmOf({ ...none, trackers: [dead], dht: noDht }), peers: [] }, 6],
    ['a dead tracker, and a DHT that knows nobody', { ...swarmOf({ ...none, trackers: [dead], dht }), peers: [] }, 5],
    ['nobody asked but a named peer', { ...swarmOf({ ...none, trackers: [] }), peers: [] }, 5],
    ['a folder that cannot be written', { disk: { folder: '/x', errno: 'EACCES' } }, 9],
    ['no room', { totalBytes: 9999 }, 9],
    ['no room for all, but it is begun', { totalBytes: 9999, isBegun: true }, 0],
  ])('%s', (_, more, code) => expect(look(more).code).toBe(code));
});

describe('the checks', () => {
  test('all is well', () => {
    const { checks } = look({});
    expect(checks['tracker']).toBe(
      'ok: http://t.example/announce (203.0.113.1): 2 seeds, 0 leechers, names 2 peers, in 31 ms, asks to come again in 30 min',
    );
    expect(checks['peers']).toBe('ok: peers: 1 of 1 answered, 1 with everything, 1 would send at once, 1 encrypted');
    expect(checks['ipv4']).toMatch(/^ok: .*10\.0\.0\.2$/);
    expect(checks['ipv6']).toMatch(/^warn: /);
    expect(checks['disk']).toMatch(/^ok: disk \/data: 4\.9 KiB free, writes/);
  });

  test('a port: reachable is only said where somebody came', () => {
    const port = (more: Partial<DoctorFindings['port']>): string => look({ port: { ...good.port, ...more } }).checks['port'];
    expect(port({})).toMatch(/^warn: .*seen as 198\.51\.100\.1, which is no address of this machine.*nobody has come/);
    expect(port({ own: ['198.51.100.1'] })).toMatch(/^warn: .*which is this machine itself; nobody has come/);
    expect(port({ incoming: 1 })).toMatch(/^ok: .*1 peer came by themselves: it is reachable$/);
    expect(port({ port: null })).toMatch(/^warn: port: not listening$/);
    const all = [port({}), port({ own: ['198.51.100.1'] }), port({ seenAs: [] })].join('\n');
    expect(all).not.toMatch(/reachable|closed|blocked/);
  });

  test('trackers: silent, refusing, warning, without peers', () => {
    const of = (more: Partial<TrackerFinding>): string =>
      look(swarmOf({ trackers: [{ ...tracker, ...more }] })).checks['tracker'];
    expect(of({ latencyMs: null })).toMatch(/^fail: .*no answer in time$/);
    expect(of({ error: 'go\u001b[2J away', hosts: [] })).toMatch(/^fail: http:\/\/t\.example\/announce: go\uFFFD\[2J away$/);
    expect(of({ warning: 'too often' })).toMatch(/^warn: .*it warns: too often$/);
    expect(of({ peers: 0 })).toMatch(/^warn: /);
    expect(of({ leechers: 1 })).toContain(' 1 leecher (maybe us),');
  });

  test('peers: busy ones, and those that hang up', () => {
    const busy = { peers: [{ ...seed, unchoked: false }, silent] };
    expect(look(busy)).toMatchObject({
      code: 0,
      checks: { peers: expect.stringMatching(/^warn: .*, 0 would send at once/) as string },
    });
    expect(judge({ ...good, ...busy }).text).toBe('a download should work, once somebody has room for us');
    expect(judge(good).text).toBe('a download should work');
    const gone = { ...swarmOf({ isWhole: false }), peers: [{ ...silent, result: 'closed-in-handshake' }] };
    expect(makeChecks({ ...good, ...gone }).find(({ id }) => id === 'peers')?.hint).toMatch(/^They hang up/);
    expect(judge({ ...good, ...gone }).text).toBe('peers are named, and all of them hang up');
  });

  test('no way out explains that nobody answers, and nothing else', () => {
    const silent = { ...tracker, latencyMs: null, error: 'network unreachable', errorCode: 'unreachable' as const };
    const cutOff = { ...swarmOf({ isWhole: false, trackers: [silent] }), peers: [], routes: { v4: null, v6: null } };
    expect(judge({ ...good, ...cutOff })).toEqual({ exitCode: 6, text: 'there is no route to the internet' });
    expect(judge({ ...good, ...cutOff, routes: { v4: '10.0.0.2', v6: null } }).text).toBe('nobody who could name peers answers');
    expect(judge({ ...good, routes: cutOff.routes }).exitCode).toBe(0);
  });

  test('a DHT that was turned off: told, and a warning where nobody else names a peer', () => {
    expect(look({}).checks).not.toHaveProperty('dht');
    expect(look({ isDhtOff: true })).toMatchObject({ code: 0, checks: { dht: 'ok: DHT: off, as was asked' } });
    expect(look({ isDhtOff: true, peers: [] }).checks['dht']).toBe('warn: DHT: off, as was asked');
    expect(look({ isDhtOff: true, usesProxy: true }).checks).not.toHaveProperty('dht');
  });

  test('a proxy that carries no tracker', () => {
    const error = 'the proxy socks5h://p:1 refuses connections';
    const refused = { ...tracker, latencyMs: null, error, errorCode: 'proxy' as const };
    const dead = { ...swarmOf({ isWhole: false, trackers: [refused] }), peers: [], usesProxy: true };
    expect(look(dead)).toMatchObject({ code: 6, checks: { proxy: `fail: ${error}` } });
    expect(judge({ ...good, ...dead }).text).toBe('the proxy does not carry us');
    const half = { ...dead, ...swarmOf({ isWhole: false, trackers: [refused, tracker] }) };
    expect(look(half).checks['proxy']).toMatch(/^ok: /);
  });

  test('a disk: slow, too small, names', () => {
    const of = (more: object): string => look({ disk: { ...good.disk, ...more } }).checks['disk'];
    expect(of({ writeBytesPerSecond: 1_000_000 })).toMatch(/^warn: .*976\.6 KiB\/s$/);
    expect(of({ freeBytes: 10 })).toMatch(/^fail: .*the torrent has 1000 B$/);
    expect(of({ refusedNames: [{ name: 'a:b', errno: 'EINVAL' }] })).toMatch(/^warn: .*does not take 1 name: a:b \(EINVAL\)$/);
    expect(of({ isCaseSensitive: false })).toMatch(/^ok: .*does not tell A from a$/);
  });

  test('the clock is compared with the server that agrees best', () => {
    const of = (...clocks: (number | null)[]): string =>
      look({ webSeeds: clocks.map((clockMs) => ({ ...webSeed, clockMs })) }).checks['clock'];
    expect(of(null)).toMatch(/^ok: clock: nobody to compare/);
    expect(of(4e9, 1000)).toMatch(/^ok: /);
    expect(of(600_000)).toBe('warn: clock: 10 min behind that of a web server');
    expect(of(-600_000)).toBe('warn: clock: 10 min ahead of that of a web server');
  });

  test('a proxy: what it leaves out is not looked at', () => {
    const { checks } = look({ usesProxy: true, routes: {} });
    expect(checks['proxy']).toMatch(/^ok: /);
    expect(Object.keys(checks)).not.toContain('port');
    expect(Object.keys(checks)).not.toContain('ipv4');
    expect(look({ proxyVariables: ['ALL_PROXY'] }).checks['proxy']).toMatch(/^warn: proxy: ALL_PROXY is set, and not looked at$/);
  });
});
