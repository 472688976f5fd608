import { expect, test } from 'vitest';
import { Lookup } from '../../../../../src/discovery/dht/protocol/lookup.js';
import type { NodeContact } from '../../../../../src/discovery/dht/protocol/node-id.js';
import type { Address } from '../../../../../src/model/address.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

const TARGET = new Uint8Array(20);
const LIMITS = { parallel: 2, maxQueriesPerLookup: 50, maxPeersPerSearch: 10 };

/** The smaller the number, the nearer. */
function node(distance: number, host = `10.0.0.${distance}`): NodeContact {
  const id = new Uint8Array(20);
  id[19] = distance;
  return { id, address: addressAt(host, 1) };
}

function create(limits: Partial<typeof LIMITS> = {}): Lookup {
  return new Lookup(TARGET, 3, { ...LIMITS, ...limits });
}

function askAll(lookup: Lookup): string[] {
  const asked: string[] = [];
  for (let address = lookup.next(); address !== null; address = lookup.next()) asked.push(address.host);
  return asked;
}

test('asks the nearest, a few at a time, and nearer ones first as they are named', () => {
  const lookup = create();
  lookup.add([node(50), node(40), node(60)]);
  expect(askAll(lookup)).toEqual(['10.0.0.40', '10.0.0.50']);
  lookup.noteAnswer(node(40), null);
  lookup.add([node(5), node(40), node(45)], node(40).address);
  expect(askAll(lookup)).toEqual(['10.0.0.5']);
  lookup.noteFailure(node(50).address);
  expect(askAll(lookup)).toEqual(['10.0.0.45']);
  expect(lookup.isDone).toBe(false);
  lookup.noteAnswer(node(5), Uint8Array.of(5));
  lookup.noteAnswer(node(45), Uint8Array.of(45));
  // The three nearest have answered: 60 is not asked.
  expect(askAll(lookup)).toEqual([]);
  expect(lookup.isDone).toBe(true);
  expect(lookup).toMatchObject({ queries: 4, answers: 3, hops: 2, isPoor: false });
  expect(lookup.storers().map(({ token }) => token[0])).toEqual([5, 45]);
});

test('who is slow holds up no other, and his answer counts all the same', () => {
  const lookup = create({ parallel: 1 });
  lookup.add([node(1), node(2)]);
  expect(askAll(lookup)).toEqual(['10.0.0.1']);
  lookup.noteSlow(node(1).address);
  expect(askAll(lookup)).toEqual(['10.0.0.2']);
  lookup.noteAnswer(node(2), null);
  expect(lookup.isDone).toBe(false);
  lookup.noteAnswer(node(1), Uint8Array.of(1));
  expect(lookup.isDone).toBe(true);
  expect(lookup.storers()).toHaveLength(1);
});

test('addresses without an id are asked where there is nobody else, and then count by the id that they have', () => {
  const lookup = create();
  const router: Address = addressAt('10.9.9.9', 1);
  lookup.add([{ id: null, address: router }]);
  lookup.add([node(7)]);
  expect(askAll(lookup)).toEqual(['10.0.0.7', '10.9.9.9']);
  lookup.noteAnswer({ id: node(3).id, address: router }, Uint8Array.of(3));
  lookup.noteAnswer(node(7), Uint8Array.of(7));
  expect(lookup.storers().map(({ token }) => token[0])).toEqual([3, 7]);
});

test('ids that do not fit their addresses neither end it nor keep anything', () => {
  const lookup = create({ parallel: 9 });
  const misfits = [1, 2, 3, 4].map((i) => node(i, `9.${i}.0.1`));
  lookup.add([...misfits, node(100)]);
  expect(askAll(lookup)).toHaveLength(3);
  for (const misfit of misfits.slice(0, 3)) lookup.noteAnswer(misfit, Uint8Array.of(0));
  expect(askAll(lookup)).toEqual(['9.4.0.1', '10.0.0.100']);
  lookup.noteAnswer(misfits[3], Uint8Array.of(0));
  lookup.noteAnswer(node(100), Uint8Array.of(100));
  expect(lookup.storers().map(({ token }) => token[0])).toEqual([100]);
});

test('those that a node names are asked no more once some of them are silent, unless others answer', () => {
  const lookup = create({ parallel: 1 });
  lookup.add([node(150), node(160), node(170)]);
  expect(lookup.next()?.host).toBe('10.0.0.150');
  lookup.noteAnswer(node(150), null);
  lookup.add(
    [1, 2, 3, 4, 5, 6].map((i) => node(i)),
    node(150).address,
  );
  const outcomes = ['failed', 'slow', 'answered', 'failed', 'failed'];
  for (const [i, outcome] of outcomes.entries()) {
    expect(lookup.next()?.host).toBe(`10.0.0.${i + 1}`);
    if (outcome === 'answered') lookup.noteAnswer(node(i + 1), null);
    else if (outcome === 'slow') lookup.noteSlow(node(i + 1).address);
    else lookup.noteFailure(node(i + 1).address);
  }
  // 6 is nearer, but who named it has named four that are silent, and one that is there.
  expect(lookup.next()?.host).toBe('10.0.0.160');
  lookup.noteAnswer(node(2), null);
  lookup.noteAnswer(node(160), null);
  expect(lookup.next()?.host).toBe('10.0.0.6');
});

test('ends though strangers name others without end, and asks a host once', () => {
  const lookup = create({ parallel: 9, maxQueriesPerLookup: 20 });
  lookup.add([node(200)]);
  let names = 0;
  for (;;) {
    const address = lookup.next();
    if (address === null) break;
    lookup.noteFailure(address);
    const named = Array.from({ length: 50 }, () => {
      names++;
      return node(names % 199, `11.${(names >> 8) & 255}.${names & 255}.1`);
    });
    lookup.add([...named, { ...node(1), address: addressAt('10.0.0.200', 2 + names) }], address);
  }
  expect(lookup.queries).toBe(20);
  expect(lookup.isDone).toBe(true);
});
