import { expect, test } from 'vitest';
import { Deferred } from '../../../src/engine/deferred.js';
import { Claims, SameTorrentError } from '../../../src/cli/claims.js';

test('a torrent is taken once, by whoever came first', () => {
  const claims = new Claims();
  claims.claimTorrent('aa', 'a.torrent');
  claims.claimTorrent('bb', 'b.torrent');
  expect(() => claims.claimTorrent('aa', 'magnet')).toThrow('the same torrent as a.torrent: it is taken once');
  expect(() => claims.claimTorrent('aa', 'a.torrent')).toThrow('named twice: it is taken once');
  expect(() => claims.claimTorrent('aa', 'a.torrent')).toThrow(SameTorrentError);
});

const asIs = (infoHash: string): string => infoHash;

test('of two names of one torrent the first counts, whichever is read sooner', async () => {
  const claims = new Claims();
  const slow = new Deferred<string>();
  const first = claims.claimRead(slow.promise, asIs, 'a.torrent');
  const second = claims.claimRead(Promise.resolve('aa'), asIs, 'copy.torrent');
  const link = claims.claimKnown('aa', 'magnet');
  const told = Promise.allSettled([second, link]);
  slow.resolve('aa');
  await expect(first).resolves.toBe('aa');
  expect((await told).map((one) => (one.status === 'rejected' ? String(one.reason) : one.status))).toEqual([
    expect.stringContaining('the same torrent as a.torrent: it is taken once'),
    expect.stringContaining('the same torrent as a.torrent: it is taken once'),
  ]);
});

test('a file that cannot be read holds nobody up, nor takes it for others', async () => {
  const claims = new Claims();
  const slow = new Deferred<string>();
  const first = claims.claimRead(slow.promise, asIs, 'gone.torrent');
  const second = claims.claimKnown('aa', 'magnet');
  slow.reject(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  await expect(second).resolves.toBeUndefined();
  await expect(claims.claimRead(Promise.resolve('aa'), asIs, 'c.torrent')).rejects.toThrow('the same torrent as magnet');
});

test('a name is written by one torrent, the name of its unfinished file included', () => {
  const claims = new Claims();
  claims.claimName('data', 'a.torrent');
  claims.claimName('other', 'b.torrent');
  for (const name of ['data', 'data.part']) {
    expect(() => claims.claimName(name, 'c.torrent')).toThrow(
      expect.objectContaining({
        code: 'name_taken',
        message: `c.torrent: another torrent of this run, a.torrent, writes a file or folder named ${name} too`,
      }) as Error,
    );
  }
  claims.claimName('x.part', 'd.torrent');
  expect(() => claims.claimName('x', 'e.torrent')).toThrow(/d\.torrent, writes/);
});

test('a torrent whose files lie side by side may have both names itself', () => {
  const claims = new Claims();
  for (const name of ['data', 'data.part']) claims.claimName(name, 'a.torrent');
  expect(() => claims.claimName('data.part', 'b.torrent')).toThrow(/a\.torrent, writes/);
});
