// Local discovery with real multicast sockets, over the host's own loop. IPv6 has no multicast route there: that half stays silent.

import { afterEach, describe, expect, test, vi } from 'vitest';
import { LocalDiscovery } from '../../src/discovery/lsd/local-discovery.js';
import { encodeLsdAnnounce } from '../../src/discovery/lsd/protocol/lsd-message.js';
import type { PeerSource } from '../../src/discovery/peer-source.js';
import { type MulticastOptions, MulticastSocket } from '../../src/io/multicast-socket.js';
import { multicastInterfaces, neighbourhood } from '../../src/io/network-interfaces.js';
import { createAddress, formatAddress } from '../../src/model/address.js';

const LIMITS = { intervalMs: 300_000, minGapMs: 60_000, maxPeersPerInterval: 100, startDelayMs: 0 };
const HASH = new Uint8Array(20).fill(0x5a);
const OTHER = new Uint8Array(20).fill(0xa5);

const running: PeerSource[] = [];

afterEach(async () => {
  for (const source of running.splice(0)) await source.stop();
});

class Node {
  readonly heard: string[] = [];
  readonly discovery: LocalDiscovery;
  #wake = (): void => {};

  constructor(port: number, cookie: string) {
    this.discovery = new LocalDiscovery({
      port,
      cookie,
      limits: LIMITS,
      interfaces: (family) => (family === 4 ? ['127.0.0.1'] : []),
      isNeighbour: neighbourhood('127.0.0.1'),
      now: () => performance.now(),
    });
  }

  join(infoHash: Uint8Array): PeerSource {
    const source = this.discovery.source(infoHash, true, {
      onAddresses: (addresses) => {
        this.heard.push(...addresses.map((address) => formatAddress(address)));
        this.#wake();
      },
      onNotice: () => {},
    });
    running.push(source);
    source.start();
    return source;
  }

  async hears(text: string): Promise<void> {
    while (!this.heard.includes(text)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

describe('two on one network', () => {
  test('hear of each other, and not of themselves', async () => {
    const first = new Node(7001, 'first');
    const second = new Node(7002, 'second');
    first.join(HASH);
    // A third that is heard shows that the first one's sockets are open, and have been for its own announce.
    await probe(HASH, 7003, () => first.heard.includes('127.0.0.1:7003'));
    second.join(HASH);
    await first.hears('127.0.0.1:7002');
    expect(first.heard.filter((text) => text !== '127.0.0.1:7003')).toEqual(['127.0.0.1:7002']);
    expect(second.heard.includes('127.0.0.1:7002')).toBe(false);
  });

  test('hear nothing of torrents that they do not have, nor after the end', async () => {
    const first = new Node(7001, 'first');
    const witness = new Node(7009, 'witness');
    const source = first.join(HASH);
    witness.join(OTHER);
    await probe(HASH, 7003, () => first.heard.includes('127.0.0.1:7003'));
    await probe(OTHER, 7004, () => witness.heard.includes('127.0.0.1:7004'));
    expect(first.heard).not.toContain('127.0.0.1:7004');
    await source.stop();
    first.heard.length = 0;
    witness.heard.length = 0;
    await probe(OTHER, 7005, () => witness.heard.includes('127.0.0.1:7005'), [HASH]);
    expect(first.heard).toEqual([]);
  });
});

test('a group that can be joined over nothing is silent, and closes', async () => {
  const group = { host: '239.192.152.143', port: 6771, family: 4 } as const;
  const socket = await MulticastSocket.open({ group, interfaces: ['203.0.113.77', 'nonsense'], onDatagram: () => {} });
  expect(socket.interfaceCount).toBe(0);
  socket.send(new Uint8Array(3));
  socket.close();
  socket.close();
});

test('who is on none of our networks is no neighbour', () => {
  const isNeighbour = neighbourhood();
  const [own] = multicastInterfaces(4);
  const at = (host: string): boolean => {
    const address = createAddress(host, 1);
    return address !== null && isNeighbour(address);
  };
  expect([at('127.0.0.1'), at('203.0.113.9'), at('fe80::1')]).toEqual([false, false, false]);
  if (own !== undefined) expect(at(own)).toBe(true);
  const onLoop = neighbourhood('127.0.0.1');
  expect(['127.0.0.1', '127.9.9.9', '8.8.8.8'].map((host) => onLoop({ host, port: 1, family: 4 }))).toEqual([true, true, false]);
});

test('a datagram from elsewhere is heard by nobody', async () => {
  const heard: string[] = [];
  const opened: MulticastOptions[] = [];
  const discovery = new LocalDiscovery({
    port: 7001,
    cookie: 'me',
    limits: LIMITS,
    interfaces: () => [],
    isNeighbour: neighbourhood('127.0.0.1'),
    now: () => performance.now(),
    open: (options) => {
      opened.push(options);
      return Promise.resolve({ send: () => {}, close: () => {} });
    },
  });
  const source = discovery.source(HASH, true, {
    onAddresses: (addresses) => heard.push(...addresses.map((address) => formatAddress(address))),
    onNotice: () => {},
  });
  running.push(source);
  source.start();
  await vi.waitFor(() => expect(opened).toHaveLength(2));
  const bytes = encodeLsdAnnounce('group', { port: 22, infoHashes: [HASH], cookie: null });
  for (const host of ['8.8.8.8', '127.0.0.1']) opened[0].onDatagram({ host, port: 6771, family: 4 }, bytes);
  expect(heard).toEqual(['127.0.0.1:22']);
});

test('the interfaces of networks are named in the words of the family, the loop is not', () => {
  expect(multicastInterfaces(4)).not.toContain('127.0.0.1');
  for (const name of multicastInterfaces(4)) expect(name).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  for (const name of multicastInterfaces(6)) expect(name).toMatch(/^::%./);
});

/** Announces from a socket of its own until it is heard: a datagram that comes before the other side listens is lost. */
async function probe(infoHash: Uint8Array, port: number, isHeard: () => boolean, also: Uint8Array[] = []): Promise<void> {
  const group = { host: '239.192.152.143', port: 6771, family: 4 } as const;
  const socket = await MulticastSocket.open({ group, interfaces: ['127.0.0.1'], onDatagram: () => {} });
  const bytes = encodeLsdAnnounce('239.192.152.143:6771', { port, infoHashes: [infoHash, ...also], cookie: 'probe' });
  while (!isHeard()) {
    socket.send(bytes);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
  socket.close();
}
