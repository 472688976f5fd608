import { expect, test } from 'vitest';
import { NameBook } from '../../../../src/io/proxy/name-book.js';
import { createAddress, type Address } from '../../../../src/model/address.js';

const at = (host: string): Address => createAddress(host, 6881) as Address;

test('a name gets a stand-in, and is a name again for the proxy', async () => {
  const book = new NameBook();
  const [host, ...more] = await book.resolve('Seed.Example');
  expect(more).toEqual([]);
  expect(book.targetOf(at(host))).toEqual({ host: 'seed.example', port: 6881 });
  expect(await book.resolve('seed.example')).toEqual([host]);
  expect(await book.resolve('other.example')).not.toEqual([host]);
});

test('numbers are numbers, and a stand-in that stands for nothing leads nowhere', () => {
  const book = new NameBook();
  expect(book.targetOf(at('1.2.3.4'))).toEqual({ host: '1.2.3.4', port: 6881 });
  expect(book.targetOf(at('100::5'))).toBeNull();
});

test('letters that DNS has not are written as it has them', async () => {
  const book = new NameBook();
  const [host] = await book.resolve('bücher.example');
  expect(book.targetOf(at(host))?.host).toBe('xn--bcher-kva.example');
});

test.each(['', 'a b', 'a\r\nb', 'a/b', 'u@h', '-a', 'a:1', 'a'.repeat(300), '[::1]', '\u0000', '0x7f.1', '2130706433'])(
  '%j is no name',
  async (host) => {
    expect(await new NameBook().resolve(host)).toEqual([]);
  },
);

test('a tracker that names peers by ever new names fills it and no more', async () => {
  const book = new NameBook();
  const hosts = await Promise.all(Array.from({ length: 5000 }, (_, i) => book.resolve(`n${i}.example`)));
  const made = hosts.flat();
  expect(made.length).toBe(4096);
  expect(new Set(made).size).toBe(4096);
});
