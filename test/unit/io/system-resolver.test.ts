import { expect, test } from 'vitest';
import { parseHosts, systemResolver } from '../../../src/io/system-resolver.js';

test('a hosts file: comments, tabs, several names, in any case', () => {
  expect(parseHosts('# none\n127.0.0.1\tlocalhost  Box.Local # here\n\n::1 localhost\nalone\n')).toEqual([
    { address: '127.0.0.1', names: ['localhost', 'box.local'] },
    { address: '::1', names: ['localhost'] },
  ]);
});

test('localhost is this machine, and a name that nobody has is nobody', async () => {
  expect(await systemResolver.resolve('localhost')).toContain('127.0.0.1');
  expect(await systemResolver.resolve('no-such-host.invalid')).toEqual([]);
});
