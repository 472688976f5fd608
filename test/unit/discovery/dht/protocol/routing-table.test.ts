import { describe, expect, test } from 'vitest';
import { idInBucket, makeNodeId, type NodeContact } from '../../../../../src/discovery/dht/protocol/node-id.js';
import { RoutingTable } from '../../../../../src/discovery/dht/protocol/routing-table.js';
import { createRandom } from '../../../../../src/model/random.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

const random = createRandom(3);
const randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256));
const OWN = randomBytes(20);
const LIMITS = { bucketSize: 2, goodForMs: 1000, maxFailures: 2, maxPerNetwork: 2 };
let hosts = 0;

/** Local, so that any id fits. */
function local(bits: number): NodeContact {
  hosts++;
  return { id: idInBucket(OWN, bits, randomBytes), address: addressAt(`10.0.${hosts >> 8}.${hosts & 255}`, 6881) };
}

function create(...contacts: NodeContact[]): RoutingTable {
  const table = new RoutingTable(OWN, LIMITS);
  for (const contact of contacts) table.noteAnswer(contact, 0);
  return table;
}

const hostsOf = (nodes: readonly NodeContact[]): string[] => nodes.map(({ address }) => address.host);

describe('a bucket', () => {
  test('keeps those that were there first, and those that come later take the place of who is gone', () => {
    const [a, b, c, d] = [local(0), local(0), local(0), local(0)];
    const table = create(a, b, c, d);
    expect(hostsOf(table.nodes())).toEqual(hostsOf([a, b]));
    table.noteFailure(a.address);
    expect(hostsOf(table.nodes())).toEqual(hostsOf([a, b]));
    table.noteFailure(a.address);
    expect(hostsOf(table.nodes())).toEqual(hostsOf([b, d]));
    // Without anybody who waits, who is gone is kept but not named, and makes room for the next.
    for (let i = 0; i < 2; i++) table.noteFailure(b.address);
    for (let i = 0; i < 2; i++) table.noteFailure(d.address);
    expect(hostsOf(table.nodes())).toEqual(hostsOf([c]));
    const e = local(0);
    expect(table.wants(e)).toBe(true);
    table.noteAnswer(e, 5);
    expect(hostsOf(table.nodes())).toEqual(hostsOf([c, e]));
  });

  test('has no influence on others', () => {
    const table = create(local(0), local(0), local(0), local(1), local(2), local(159));
    expect(table.size).toBe(5);
    expect(table.wants(local(0))).toBe(false);
    expect(table.wants(local(1))).toBe(true);
  });

  test('prefers ids that fit their addresses', () => {
    const table = create();
    const address = (i: number): NodeContact['address'] => addressAt(`9.${i}.0.1`, 1);
    const misfits = [1, 2].map((i) => ({ id: idInBucket(OWN, 0, randomBytes), address: address(i) }));
    for (const contact of misfits) table.noteAnswer(contact, 0);
    let id = makeNodeId(address(3), randomBytes);
    while ((id[0] ^ OWN[0]) < 128) id = makeNodeId(address(3), randomBytes);
    table.noteAnswer({ id, address: address(3) }, 0);
    expect(hostsOf(table.nodes()).toSorted()).toEqual(['9.2.0.1', '9.3.0.1']);
  });
});

test('a node is good while it is heard of, doubtful after that, and named to others only while it is good', () => {
  const [a, b] = [local(0), local(0)];
  const table = create(a, b);
  expect(table.noteQuery(b, 900)).toBe(true);
  expect(table.noteQuery({ ...b, id: a.id }, 900)).toBe(false);
  expect(table.noteQuery(local(0), 900)).toBe(false);
  expect(hostsOf(table.closest(a.id, 8, true, 1500))).toEqual(hostsOf([b]));
  expect(hostsOf(table.closest(a.id, 8, false, 1500))).toEqual(hostsOf([a, b]));
  expect(table.goodCount(1500)).toBe(1);
  expect(table.doubtful(a.id, 500)).toBeNull();
  expect(table.doubtful(a.id, 1500)?.address).toEqual(a.address);
  expect(table.mostSilent(0)?.address).toEqual(a.address);
  table.noteAnswer(a, 1500);
  expect(table.mostSilent(500)).toBeNull();
});

test('our own id, a second node of a host, and a third of a network get no place', () => {
  const table = new RoutingTable(OWN, { ...LIMITS, bucketSize: 8 });
  table.noteAnswer({ id: OWN, address: addressAt('9.1.1.1', 1) }, 0);
  expect(table.size).toBe(0);
  const at = (host: string, port: number): NodeContact => ({ id: randomBytes(20), address: addressAt(host, port) });
  for (const contact of [at('9.1.1.1', 1), at('9.1.1.1', 2), at('9.1.1.2', 1), at('9.1.1.3', 1), at('9.1.2.3', 1)]) {
    table.noteAnswer(contact, 0);
  }
  expect(hostsOf(table.nodes())).toEqual(['9.1.1.1', '9.1.1.2', '9.1.2.3']);
  expect(table.wants(at('9.1.1.9', 1))).toBe(false);
  // Another node at the same address takes its place.
  const other = at('9.1.1.1', 1);
  table.noteAnswer(other, 1);
  expect(table.closest(other.id, 1, true, 1)[0].id).toEqual(other.id);
  expect(table.size).toBe(3);
});

test('the nearest come first', () => {
  const table = create(local(0), local(1), local(5), local(9));
  const [first, ...rest] = table.closest(OWN, 3, true, 0);
  expect(first.id[0]).toBe(OWN[0]);
  expect(rest).toHaveLength(2);
});

test('the bucket without news for longest is due, and one that was never heard of first', () => {
  const table = create(local(0), local(2));
  expect(table.staleBucket(-1)).toBe(1);
  table.touch(1, 10);
  expect(table.staleBucket(-1)).toBeNull();
  table.touch(0, 20);
  expect(table.staleBucket(30)).toBe(2);
});
