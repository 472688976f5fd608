import { describe, expect, test } from 'vitest';
import { createAddress, type Address } from '../../../src/model/address.js';
import { ExternalAddresses } from '../../../src/model/external-addresses.js';
import { createRandom } from '../../../src/model/random.js';
import type { DisconnectReason } from '../../../src/session/disconnect-reason.js';
import { PeerPriorities } from '../../../src/session/peer-priority.js';
import { PeerBook } from '../../../src/session/peer-book.js';
import type { EncryptionPolicy } from '../../../src/wire/mse/encryption-policy.js';
import { PEX_FLAGS } from '../../../src/wire/ut-pex.js';
import { SIM_LIMITS } from '../../support/sim/limits.js';

function at(port: number, host = '10.0.0.1'): Address {
  const address = createAddress(host, port);
  if (address === null) throw new Error('not an address');
  return address;
}

const create = (limits = SIM_LIMITS): PeerBook => new PeerBook(limits, createRandom(1));

describe('PeerBook', () => {
  test('waits 5 s × 2^n after the n-th failure', () => {
    const book = create();
    book.add([at(1)], 'tracker', 0);
    let now = 0;
    for (const waitMs of [5000, 10_000, 20_000, 40_000]) {
      expect(book.takeDialable(1, now)).toEqual([at(1)]);
      expect(book.nextDialAt()).toBeNull();
      book.markFailed(at(1), now);
      expect(book.takeDialable(1, now + waitMs - 1)).toEqual([]);
      expect(book.nextDialAt()).toBe(now + waitMs);
      now += waitMs;
    }
  });

  test('waits no longer than the limit', () => {
    const book = create();
    book.add([at(1)], 'tracker', 0);
    for (let i = 0; i < 40; i++) book.markFailed(at(1), 0);
    expect(book.nextDialAt()).toBe(SIM_LIMITS.maxBackoffMs);
  });

  test('dials again at once whoever gave us something', () => {
    const book = create();
    book.add([at(1)], 'tracker', 0);
    book.takeDialable(1, 0);
    book.markConnected(at(1), true);
    expect(book.takeDialable(1, 5)).toEqual([]);
    book.markDisconnected(at(1), true, 10);
    expect(book.takeDialable(1, 10)).toEqual([at(1)]);
    book.markConnected(at(1), true);
    book.markDisconnected(at(1), false, 20);
    expect(book.nextDialAt()).toBe(5020);
  });

  test('never dials itself or banned addresses, however often they are named', () => {
    const book = create();
    book.add([at(1), at(2)], 'tracker', 0);
    book.takeDialable(2, 0);
    book.markSelf(at(1));
    book.markConnected(at(2), true);
    book.ban(at(2), false);
    book.markDisconnected(at(2), true, 0);
    book.ban(at(3), true);
    expect(book.add([at(1), at(2), at(3)], 'tracker', 0)).toBe(0);
    expect(book.takeDialable(9, 1e9)).toEqual([]);
    expect(book.isBanned(at(2))).toBe(true);
    expect(book.isBannedHost(at(99))).toBe(true);
    expect(book.bannedCount).toBe(2);
    expect(book.halfOpen).toBe(0);
  });

  test('remembers as many banned ones as it knows addresses, the last ones', () => {
    const book = create({ ...SIM_LIMITS, maxAddresses: 3 });
    const host = (n: number): Address => at(1, `10.0.0.${n}`);
    for (let n = 1; n <= 5; n++) book.ban(host(n), true);
    expect(book.bannedCount).toBe(3);
    expect([1, 2, 3, 4, 5].map((n) => book.isBanned(host(n)))).toEqual([false, false, true, true, true]);
    expect([1, 2, 3, 4, 5].map((n) => book.isBannedHost(host(n)))).toEqual([false, false, true, true, true]);
  });

  test('counts half-open dials, and obeys their limit', () => {
    const book = create({ ...SIM_LIMITS, maxHalfOpen: 3 });
    book.add(
      Array.from({ length: 9 }, (_, i) => at(i + 1)),
      'tracker',
      0,
    );
    const first = book.takeDialable(9, 0);
    expect(first).toHaveLength(3);
    expect(book.takeDialable(9, 0)).toEqual([]);
    book.markFailed(first[0], 0);
    book.markPostponed(first[1], 0);
    expect(book.halfOpen).toBe(1);
    expect(book.takeDialable(1, 0)).toHaveLength(1);
  });

  test('a dial goes on while the same peer comes to us, or is banned', () => {
    const book = create();
    book.add([at(1), at(2)], 'tracker', 0);
    book.takeDialable(2, 0);
    book.markConnected(at(1), false);
    book.ban(at(2), false);
    expect(book.halfOpen).toBe(2);
    book.markFailed(at(1), 0);
    book.markFailed(at(2), 0);
    expect(book.halfOpen).toBe(0);
    expect(book.takeDialable(9, 1e9), 'one is connected, one is banned').toEqual([]);
  });

  test('is bounded: the address with the most failures goes first, and none that works', () => {
    const book = create({ ...SIM_LIMITS, maxAddresses: 3 });
    book.add([at(1), at(2), at(3)], 'tracker', 0);
    expect(book.add([at(4)], 'tracker', 0)).toBe(0);
    book.markFailed(at(1), 0);
    book.markFailed(at(2), 0);
    book.markFailed(at(2), 0);
    expect(book.add([at(4)], 'tracker', 0)).toBe(1);
    expect(book.size).toBe(3);
    expect(book.add([at(2)], 'tracker', 0)).toBe(1);
    expect(book.size).toBe(3);
  });

  test('what only peers name has a share of its own, comes after the rest, and is known no longer as that once another names it', () => {
    const book = create({ ...SIM_LIMITS, maxPexAddresses: 2 });
    expect(book.add([at(1), at(2), at(3)], 'pex', 0)).toBe(2);
    expect(book.add([at(4), at(2)], 'tracker', 0)).toBe(1);
    expect([at(1), at(2), at(4), at(9)].map((address) => book.isPublicOnly(address))).toEqual([true, false, false, false]);
    expect(book.takeDialable(9, 0).at(-1)).toEqual(at(1));
    expect(book.add([at(5), at(6)], 'pex', 0)).toBe(1);
    book.markFailed(at(4), 0);
    book.markFailed(at(1), 0);
    expect(book.add([at(6)], 'pex', 0), 'makes room among its own kind').toBe(1);
    expect(book.add([at(4)], 'tracker', 0), 'is still there').toBe(0);
    expect(book.add([at(1)], 'tracker', 0)).toBe(1);
  });

  test('what only the DHT names has a share of its own too, and is not for private torrents', () => {
    const book = create({ ...SIM_LIMITS, maxDhtAddresses: 2, maxPexAddresses: 1 });
    expect(book.add([at(1), at(2), at(3)], 'dht', 0)).toBe(2);
    expect(book.add([at(4), at(1)], 'pex', 0)).toBe(1);
    // Named by a peer first, and then by the DHT: worth as much as the rest of it.
    book.add([at(4), at(2)], 'dht', 0);
    book.add([at(2)], 'tracker', 0);
    expect([at(1), at(2), at(4)].map((address) => book.isPublicOnly(address))).toEqual([true, false, true]);
    const ports = (isPrivate: boolean): number[] => book.usableAddresses(isPrivate).map(({ port }) => port);
    expect(ports(false).toSorted((a, b) => a - b)).toEqual([1, 2, 4]);
    expect(ports(true)).toEqual([2]);
  });

  test('has prospects while an address is untried, or was of use and failed a few times only', () => {
    const book = create();
    expect(book.hasProspects).toBe(false);
    book.add([at(1)], 'tracker', 0);
    expect(book.hasProspects).toBe(true);
    book.markConnected(at(1), true);
    book.markDisconnected(at(1), true, 0);
    for (let i = 0; i < 3; i++) book.markFailed(at(1), 0);
    expect(book.hasProspects).toBe(true);
    book.markFailed(at(1), 0);
    expect(book.hasProspects).toBe(false);
  });

  test('addresses that only peers name, without end, leave half of the dials to the others', () => {
    const limits = { ...SIM_LIMITS, maxHalfOpen: 4, maxAddresses: 1000, maxPexAddresses: 500 };
    const book = create(limits);
    book.add([at(1), at(2), at(3)], 'tracker', 0);
    for (const address of book.takeDialable(3, 0)) book.markFailed(address, 0);
    const fakes = Array.from({ length: 400 }, (_, index) => at(1000 + index, '10.9.9.9'));
    book.add(fakes, 'pex', 0);
    expect(book.takeDialable(10, 0)).toHaveLength(4);
    for (const address of fakes) book.markFailed(address, 0);
    book.add(
      Array.from({ length: 90 }, (_, index) => at(2000 + index, '10.9.9.9')),
      'pex',
      0,
    );
    const due = limits.backoffMs;
    const dialled = book.takeDialable(10, due).map(({ host }) => host);
    expect(dialled.filter((host) => host === '10.0.0.1')).toHaveLength(2);
    expect(dialled).toHaveLength(4);
    expect(book.hasProspects).toBe(false);
  });
});

test('what is on the blocklist is not taken, but from the user, and counted once for each address', () => {
  const blocks = (address: Address): boolean => address.host === '10.0.0.1';
  const book = new PeerBook({ ...SIM_LIMITS, maxAddresses: 3 }, createRandom(1), 'prefer', null, { blocks });
  expect(book.add([at(1), at(2), at(1, '10.0.0.2')], 'tracker', 0)).toBe(1);
  for (const source of ['pex', 'dht', 'lsd', 'incoming', 'link', 'tracker'] as const)
    expect(book.add([at(1), at(2)], source, 0)).toBe(0);
  expect(book.addNamed([{ address: at(1), flags: 0 }], 0)).toBe(0);
  expect([book.blockedCount, book.size]).toEqual([2, 1]);
  expect(book.add([at(1)], 'user', 0)).toBe(1);
  expect(book.takeDialable(9, 0)).toEqual(expect.arrayContaining([at(1), at(1, '10.0.0.2')]));
  book.add(
    Array.from({ length: 50 }, (_, index) => at(100 + index)),
    'pex',
    0,
  );
  expect(book.blockedCount, 'bounded').toBe(3);
});

describe('the kind of dial', () => {
  const opened = (encryption: EncryptionPolicy): PeerBook => {
    const book = new PeerBook(SIM_LIMITS, createRandom(1), encryption);
    book.add([at(1)], 'tracker', 0);
    book.takeDialable(1, 0);
    return book;
  };

  test('is plain, and encrypted at once where the plain one was closed without a word; then plain again, after a wait', () => {
    const book = opened('prefer');
    expect(book.isDialedEncrypted(at(1))).toBe(false);
    expect(book.endDial(at(1), 'closed-in-handshake', 100)).toBe(true);
    expect(book.halfOpen).toBe(0);
    expect(book.takeDialable(1, 100), 'at once').toEqual([at(1)]);
    expect(book.isDialedEncrypted(at(1))).toBe(true);
    expect(book.endDial(at(1), 'closed-in-handshake', 200)).toBe(false);
    expect(book.takeDialable(1, 200 + SIM_LIMITS.backoffMs - 1)).toEqual([]);
    expect(book.takeDialable(1, 200 + SIM_LIMITS.backoffMs)).toEqual([at(1)]);
    expect(book.isDialedEncrypted(at(1))).toBe(false);
  });

  test('is remembered once it has worked', () => {
    const book = opened('prefer');
    book.endDial(at(1), 'closed-in-handshake', 0);
    book.takeDialable(1, 0);
    book.markConnected(at(1), true);
    book.markDisconnected(at(1), true, 10);
    expect(book.isDialedEncrypted(at(1))).toBe(true);
    book.takeDialable(1, 10);
    book.endDial(at(1), 'refused', 10);
    expect(book.isDialedEncrypted(at(1)), 'nobody was there to speak with').toBe(true);
  });

  test('changes after a wait where a peer took the connection and said nothing', () => {
    const book = opened('prefer');
    expect(book.endDial(at(1), 'handshake-timeout', 0)).toBe(false);
    expect(book.nextDialAt()).toBe(SIM_LIMITS.backoffMs);
    expect(book.isDialedEncrypted(at(1))).toBe(true);
  });

  test.each<DisconnectReason>(['refused', 'unreachable', 'connect-timeout', 'info-hash-mismatch'])('stays after %s', (reason) => {
    const book = opened('prefer');
    expect(book.endDial(at(1), reason, 0)).toBe(false);
    expect(book.isDialedEncrypted(at(1))).toBe(false);
    expect(book.nextDialAt()).toBe(SIM_LIMITS.backoffMs);
  });

  test.each<[EncryptionPolicy, boolean]>([
    ['require', true],
    ['off', false],
  ])('is always the same with %s', (policy, isEncrypted) => {
    const book = opened(policy);
    for (let round = 0; round < 3; round++) {
      expect(book.isDialedEncrypted(at(1))).toBe(isEncrypted);
      expect(book.endDial(at(1), 'closed-in-handshake', 0)).toBe(false);
    }
    book.addNamed([{ address: at(2), flags: PEX_FLAGS.prefersEncryption }], 0);
    expect(book.isDialedEncrypted(at(2))).toBe(isEncrypted);
  });

  test('is encrypted first for whom peers name so, unless somebody else named it or it was tried', () => {
    const book = opened('prefer');
    book.addNamed(
      [
        { address: at(1), flags: PEX_FLAGS.prefersEncryption },
        { address: at(2), flags: PEX_FLAGS.prefersEncryption | PEX_FLAGS.isSeed },
        { address: at(3), flags: PEX_FLAGS.isSeed },
      ],
      0,
    );
    expect([1, 2, 3].map((port) => book.isDialedEncrypted(at(port)))).toEqual([false, true, false]);
    book.takeDialable(9, 0);
    book.endDial(at(2), 'closed-in-handshake', 0);
    book.addNamed([{ address: at(2), flags: PEX_FLAGS.prefersEncryption }], 1);
    expect(book.isDialedEncrypted(at(2)), 'tried in vain').toBe(false);
  });

  test('a retry costs a place among the half-open as every dial does', () => {
    const limits = { ...SIM_LIMITS, maxHalfOpen: 1 };
    const book = new PeerBook(limits, createRandom(1), 'prefer');
    book.add([at(1), at(2)], 'tracker', 0);
    const [first] = book.takeDialable(9, 0);
    book.endDial(first, 'closed-in-handshake', 0);
    expect(book.takeDialable(9, 0)).toHaveLength(1);
    expect(book.halfOpen).toBe(1);
    expect(book.takeDialable(9, 0)).toEqual([]);
  });
});

describe('the order among equals', () => {
  const named = Array.from({ length: 20 }, (_, serial) => at(6881, `98.76.${serial}.${(serial * 37) % 256}`));

  function bookSeenAs(...hosts: string[]): { book: PeerBook; external: ExternalAddresses; priorities: PeerPriorities } {
    const external = new ExternalAddresses(10);
    for (const host of hosts) external.hearFromTracker('tracker.example', host);
    const priorities = new PeerPriorities(external, 6881);
    return { book: new PeerBook(SIM_LIMITS, createRandom(1), 'prefer', priorities), external, priorities };
  }

  test('is that of their priority (BEP 40), highest first, where our address is known', () => {
    const { book, external, priorities } = bookSeenAs('123.213.32.10');
    book.add(named, 'tracker', 0);
    const ranked = named.toSorted((a, b) => (priorities.of(b) ?? 0) - (priorities.of(a) ?? 0));
    expect(book.takeDialable(5, 0)).toEqual(ranked.slice(0, 5));
    // It is found anew when our address changes.
    external.hearFromTracker('tracker.example', '11.22.33.44');
    const rest = ranked.slice(5).toSorted((a, b) => (priorities.of(b) ?? 0) - (priorities.of(a) ?? 0));
    expect(rest).not.toEqual(ranked.slice(5));
    expect(book.takeDialable(15, 0)).toEqual(rest);
  });

  test('is random where it is not, and of a family whose address is not known', () => {
    for (const hosts of [[], ['2001:db8::5']]) {
      const { book } = bookSeenAs(...hosts);
      const { book: again } = bookSeenAs(...hosts);
      for (const one of [book, again]) one.add(named, 'tracker', 0);
      const order = book.takeDialable(20, 0);
      expect(order).not.toEqual(named);
      expect(again.takeDialable(20, 0)).toEqual(order);
    }
  });

  test('comes after failures and hearsay', () => {
    const { book, priorities } = bookSeenAs('123.213.32.10');
    const [first, second, third] = named.slice(0, 3).toSorted((a, b) => (priorities.of(b) ?? 0) - (priorities.of(a) ?? 0));
    book.add([third, first], 'tracker', 0);
    book.add([second], 'pex', 0);
    book.markFailed(first, 0);
    expect(book.takeDialable(3, 10_000)).toEqual([third, second, first]);
  });
});
