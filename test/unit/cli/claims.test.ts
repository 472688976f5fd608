import { expect, test } from 'vitest';
import { Claims, SameTorrentError } from '../../../src/cli/claims.js';

test('a torrent is taken once, by whoever came first', () => {
  const claims = new Claims();
  claims.claimTorrent('aa', 'a.torrent');
  claims.claimTorrent('bb', 'b.torrent');
  expect(() => claims.claimTorrent('aa', 'magnet')).toThrow('the same torrent as a.torrent: it is taken once');
  expect(() => claims.claimTorrent('aa', 'a.torrent')).toThrow('named twice: it is taken once');
  expect(() => claims.claimTorrent('aa', 'a.torrent')).toThrow(SameTorrentError);
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
