import { homedir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { dhtOptions, tablePath } from '../../../src/cli/dht-options.js';

test('the nodes lie in the cache of the user', () => {
  expect(tablePath({ XDG_CACHE_HOME: '/somewhere/cache' })).toBe('/somewhere/cache/effusion/dht.json');
  const atHome = path.join(homedir(), '.cache/effusion/dht.json');
  expect(tablePath({})).toBe(atHome);
  expect(tablePath({ XDG_CACHE_HOME: '' })).toBe(atHome);
  expect(tablePath({ XDG_CACHE_HOME: 'relative' })).toBe(atHome);
});

test('switched off there is none, and a network of its own is not kept', () => {
  const environment = { XDG_CACHE_HOME: '/c' };
  expect(dhtOptions({ dht: false }, environment, true)).toEqual({});
  expect(dhtOptions({ dht: true }, environment, false)).toEqual({ dht: { isBrief: false, tableFile: '/c/effusion/dht.json' } });
  const dhtBootstrap = [{ host: '127.0.0.1', port: 1 }];
  expect(dhtOptions({ dht: true, dhtBootstrap }, environment, true)).toEqual({ dht: { isBrief: true, bootstrap: dhtBootstrap } });
});
