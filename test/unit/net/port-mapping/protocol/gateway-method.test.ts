// NAT-PMP with a gateway of the test's, in virtual time.

import { describe, expect, test } from 'vitest';
import { GatewayMethod } from '../../../../../src/net/port-mapping/protocol/gateway-method.js';
import type { MethodAction, MethodEvent } from '../../../../../src/net/port-mapping/protocol/mapping-terms.js';
import { NAT_PMP } from '../../../../../src/net/port-mapping/protocol/nat-pmp-codec.js';
import { addressAt } from '../../../../support/scripted-trackers.js';
import { MAPPING_LIMITS } from '../../../../support/mapping-limits.js';

const PORT = 6881;
const GATEWAY = addressAt('192.168.1.1', 5351);
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const number = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

const ADDRESS = hex('00 80 0000 00000001 cb007105');
const mapped = (kind: 'tcp' | 'udp', externalPort = PORT, lifetimeS = 3600): Uint8Array =>
  hex(`00 8${kind === 'tcp' ? 2 : 1} 0000 00000001 ${number(PORT, 4)} ${number(externalPort, 4)} ${number(lifetimeS, 8)}`);
const refused = (kind: 'tcp' | 'udp'): Uint8Array => hex(`00 8${kind === 'tcp' ? 2 : 1} 0002 00000001 1ae1 0000 00000000`);

class Driver {
  now = 1000;
  readonly method = new GatewayMethod({
    codec: NAT_PMP,
    port: PORT,
    retransmit: { firstWaitMs: 250, attempts: 4 },
    limits: MAPPING_LIMITS,
  });

  do(event: MethodEvent): (string | MethodAction)[] {
    return this.method.handle(event, this.now).map((action) => {
      if (action.type !== 'send') return action;
      const [, op, , , , , high, low, ...lifetime] = action.bytes;
      if (op === 0) return 'probe';
      return `${op === 2 ? 'tcp' : 'udp'} ${high * 256 + low} ${lifetime.some((byte) => byte > 0) ? 'map' : 'delete'}`;
    });
  }

  hear(bytes: Uint8Array): (string | MethodAction)[] {
    return this.do({ type: 'datagram', from: GATEWAY, bytes });
  }

  /** Until its next timeout: how long that was, and what came of it. */
  wait(): [number, (string | MethodAction)[]] {
    const due = this.method.nextTimeout();
    if (due === null) throw new Error('nothing is due');
    const waitedMs = due - this.now;
    this.now = due;
    return [waitedMs, this.do({ type: 'timeout' })];
  }

  /** To a mapping that stands. */
  map(): this {
    this.do({ type: 'search' });
    this.hear(ADDRESS);
    this.do({ type: 'map' });
    this.hear(mapped('tcp'));
    this.hear(mapped('udp'));
    return this;
  }
}

const failed = (reason: string): MethodAction => ({ type: 'failed', reason });
const standing = (changes: object = {}): MethodAction => ({
  type: 'mapped',
  mapping: { externalHost: '203.0.113.5', tcpPort: PORT, udpPort: PORT, ...changes },
});

describe('a gateway', () => {
  test('that answers: probe, TCP, UDP, mapped', () => {
    const driver = new Driver();
    expect(driver.do({ type: 'search' })).toEqual(['probe']);
    expect(driver.hear(ADDRESS)).toEqual([{ type: 'found' }]);
    expect(driver.method.nextTimeout()).toBeNull();
    expect(driver.do({ type: 'map' })).toEqual([`tcp ${PORT} map`]);
    expect(driver.hear(mapped('udp')), 'not asked yet').toEqual([]);
    expect(driver.hear(mapped('tcp', 7000))).toEqual(['udp 7000 map']);
    expect(driver.hear(mapped('tcp', 7000)), 'once more').toEqual([]);
    expect(driver.hear(mapped('udp', 7001))).toEqual([standing({ tcpPort: 7000, udpPort: 7001 })]);
  });

  test('that is silent: waits double, and an end', () => {
    const driver = new Driver();
    driver.do({ type: 'search' });
    expect([driver.wait(), driver.wait(), driver.wait()]).toEqual([
      [250, ['probe']],
      [500, ['probe']],
      [1000, ['probe']],
    ]);
    expect(driver.wait()).toEqual([2000, [failed('no answer')]]);
    expect(driver.method.nextTimeout()).toBeNull();
    expect(driver.do({ type: 'search' }), 'and anew').toEqual(['probe']);
  });

  test('where nothing listens fails at once', () => {
    const driver = new Driver();
    driver.do({ type: 'search' });
    expect(driver.do({ type: 'unreachable' })).toEqual([failed('nobody there speaks it')]);
    expect(driver.do({ type: 'unreachable' })).toEqual([]);
  });

  test('that refuses TCP fails, one that refuses UDP does not', () => {
    const driver = new Driver();
    driver.do({ type: 'search' });
    driver.hear(ADDRESS);
    driver.do({ type: 'map' });
    expect(driver.hear(refused('udp')), 'not asked for').toEqual([]);
    expect(driver.hear(refused('tcp'))).toEqual([failed('the gateway does not allow it')]);
    driver.do({ type: 'search' });
    driver.hear(ADDRESS);
    driver.do({ type: 'map' });
    driver.hear(mapped('tcp'));
    expect(driver.hear(refused('udp'))).toEqual([standing({ udpPort: null })]);
  });

  test('that maps nothing, for no time', () => {
    for (const answer of [mapped('tcp', 0), mapped('tcp', PORT, 0)]) {
      const driver = new Driver();
      driver.do({ type: 'search' });
      driver.hear(ADDRESS);
      driver.do({ type: 'map' });
      expect(driver.hear(answer)).toEqual([failed('the gateway maps nothing')]);
    }
  });
});

describe('a mapping', () => {
  test('is renewed at half its time, silently where nothing has changed', () => {
    const driver = new Driver().map();
    expect(driver.wait()).toEqual([1_800_000, [`tcp ${PORT} map`]]);
    expect(driver.hear(mapped('tcp'))).toEqual([`udp ${PORT} map`]);
    expect(driver.hear(mapped('udp'))).toEqual([]);
    expect(driver.wait()).toEqual([1_800_000, [`tcp ${PORT} map`]]);
    expect(driver.hear(mapped('tcp', 7000))).toEqual([`udp ${PORT} map`]);
    expect(driver.hear(mapped('udp'))).toEqual([standing({ tcpPort: 7000 })]);
  });

  test('of a short or an endless lease is renewed neither all the time nor never', () => {
    for (const [lifetimeS, waitMs] of [
      [1, MAPPING_LIMITS.minRenewMs],
      [100, 50_000],
      [0xffff_ffff, 1_800_000],
    ]) {
      const driver = new Driver();
      driver.do({ type: 'search' });
      driver.hear(ADDRESS);
      driver.do({ type: 'map' });
      driver.hear(mapped('tcp', PORT, lifetimeS));
      driver.hear(mapped('udp'));
      expect(driver.wait()[0]).toBe(waitMs);
    }
  });

  test('whose gateway falls silent is asked for again and again until its time is over', () => {
    const driver = new Driver().map();
    const ends = driver.now + 3_600_000;
    let asked = 0;
    for (;;) {
      const [, actions] = driver.wait();
      if (actions.includes(`tcp ${PORT} map`)) asked++;
      else if (actions.length > 0) {
        expect(actions).toEqual([failed('no answer')]);
        break;
      }
    }
    expect(driver.now).toBeGreaterThan(ends - 2 * MAPPING_LIMITS.minRenewMs);
    expect(driver.now).toBeLessThan(ends + 2 * MAPPING_LIMITS.minRenewMs);
    expect(asked).toBeGreaterThan(10);
    expect(asked).toBeLessThan(100);
  });

  test('survives a renewal that gets lost', () => {
    const driver = new Driver().map();
    driver.wait();
    for (let i = 0; i < 4; i++) driver.wait();
    expect(driver.wait()[1]).toEqual([`tcp ${PORT} map`]);
    expect(driver.hear(mapped('tcp'))).toEqual([`udp ${PORT} map`]);
    expect(driver.hear(mapped('udp'))).toEqual([]);
  });
});

describe('the release', () => {
  test('deletes both, repeats what is lost, and ends with the answers', () => {
    const driver = new Driver().map();
    expect(driver.do({ type: 'release' })).toEqual(['tcp 0 delete', 'udp 0 delete']);
    expect(driver.hear(mapped('udp', 0, 0))).toEqual([]);
    expect(driver.wait()).toEqual([250, ['tcp 0 delete']]);
    expect(driver.hear(mapped('tcp', 0, 0))).toEqual([{ type: 'released' }]);
    expect(driver.method.nextTimeout()).toBeNull();
  });

  test('deletes what may have been made while the answer is on its way', () => {
    const driver = new Driver();
    driver.do({ type: 'search' });
    driver.hear(ADDRESS);
    driver.do({ type: 'map' });
    expect(driver.do({ type: 'release' })).toEqual(['tcp 0 delete']);
    expect(driver.hear(refused('tcp'))).toEqual([{ type: 'released' }]);
  });

  test('of nothing is at once, and so is the end where nobody answers any more', () => {
    const driver = new Driver();
    driver.do({ type: 'search' });
    expect(driver.do({ type: 'release' })).toEqual([{ type: 'released' }]);
    expect(driver.hear(ADDRESS)).toEqual([]);
    const mappedOne = new Driver().map();
    mappedOne.do({ type: 'release' });
    expect(mappedOne.do({ type: 'unreachable' })).toEqual([{ type: 'released' }]);
  });
});
