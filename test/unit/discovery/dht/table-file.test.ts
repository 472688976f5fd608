import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeContact } from '../../../../src/discovery/dht/protocol/node-id.js';
import { parseTable, readTable, writeTable, type SavedTable } from '../../../../src/discovery/dht/table-file.js';
import { addressAt } from '../../../support/scripted-trackers.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const id = (i: number): Uint8Array => new Uint8Array(20).fill(i);
const node = (i: number, host: string): NodeContact => ({ id: id(i), address: addressAt(host, 1000 + i) });
const TABLE: SavedTable = {
  ipv4: { ownAddress: addressAt('203.0.113.5', 9), nodes: [node(2, '8.8.8.8'), node(3, '127.0.0.1')] },
  ipv6: { ownAddress: null, nodes: [node(4, '2001:db8::1')] },
};

test('what is written is read, in a folder that is made for it, without a draft left behind', async () => {
  const folder = await makeTempFolder();
  const file = path.join(folder, 'cache/effusion/dht.json');
  expect(readTable(file)).toBeNull();
  expect(writeTable(file, TABLE)).toBe(true);
  expect(readTable(file)).toEqual(TABLE);
  expect(writeTable(file, { ...TABLE, ipv4: { ownAddress: null, nodes: [] } })).toBe(true);
  expect(readTable(file)?.ipv4).toEqual({ ownAddress: null, nodes: [] });
  expect(readdirSync(path.dirname(file))).toEqual(['dht.json']);
});

test('where nothing can be written, nothing is, and nothing is thrown', async () => {
  const folder = await makeTempFolder();
  writeFileSync(path.join(folder, 'file'), '');
  expect(writeTable(path.join(folder, 'file/dht.json'), TABLE)).toBe(false);
  mkdirSync(path.join(folder, 'taken/dht.json'), { recursive: true });
  expect(writeTable(path.join(folder, 'taken/dht.json'), TABLE)).toBe(false);
  expect(readdirSync(path.join(folder, 'taken'))).toEqual(['dht.json']);
});

test.each([
  ['nothing', ''],
  ['half of it', '{"version":1,"ipv4":{"id":null,"no'],
  ['a list', '[]'],
  ['null', 'null'],
  ['of another version', '{"version":2,"ipv4":{"id":null,"nodes":[]},"ipv6":{"id":null,"nodes":[]}}'],
])('a file that holds %s is none', async (_, text) => {
  const file = path.join(await makeTempFolder(), 'dht.json');
  writeFileSync(file, text);
  expect(readTable(file)).toBeNull();
  expect(existsSync(file)).toBe(true);
});

test('a huge file is not read, and of many nodes so many are taken', async () => {
  const file = path.join(await makeTempFolder(), 'dht.json');
  writeFileSync(file, `{"version":1}${' '.repeat(300_000)}`);
  expect(readTable(file)).toBeNull();
  const nodes = Array.from({ length: 2000 }, (_, i) => node(i & 255, `9.${i >> 8}.${i & 255}.1`));
  writeTable(file, { ...TABLE, ipv4: { ownAddress: null, nodes } });
  expect(readTable(file)?.ipv4.nodes).toHaveLength(300);
});

test('nodes that cannot be are left out', () => {
  const hex = '00'.repeat(20);
  const nodes = [
    [hex, '9.9.9.9', 5],
    [hex, '9.9.9.9', 0],
    [hex, '9.9.9.9', '5'],
    [hex, '::1', 5],
    [hex, 'a.example', 5],
    ['00', '9.9.9.9', 5],
  ];
  const more = [[hex, '224.0.0.1', 5], [hex], null, 7];
  const table = parseTable(
    JSON.stringify({ version: 1, ipv4: { ownAddress: '10.0.0.1:5', nodes: [...nodes, ...more] }, ipv6: 3 }),
  );
  expect(table).toEqual({
    ipv4: { ownAddress: null, nodes: [{ id: id(0), address: addressAt('9.9.9.9', 5) }] },
    ipv6: { ownAddress: null, nodes: [] },
  });
});

test('any JSON is a table or nothing', () => {
  fc.assert(
    fc.property(fc.json(), fc.json(), (a, b) => {
      expect(parseTable(a)).toBeNull();
      const table = parseTable(`{"version":1,"ipv4":${a},"ipv6":{"ownAddress":${b},"nodes":[${a},${b}]}}`);
      expect(table?.ipv6.nodes.length ?? 0).toBeLessThanOrEqual(2);
    }),
    { numRuns: 300 },
  );
});
