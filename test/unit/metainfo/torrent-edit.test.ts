// Changes to a torrent file: each one by itself, what it leaves alone, and in which order the trackers' ones go.

import { describe, expect, test } from 'vitest';
import { decode } from '../../../src/bencode/decode.js';
import { BencodeDict } from '../../../src/bencode/bencode-dict.js';
import { encode } from '../../../src/bencode/encode.js';
import { editTorrent, type TorrentEdits } from '../../../src/metainfo/torrent-edit.js';
import { parseTorrentFile } from '../../../src/metainfo/torrent-file.js';
import { readTorrentFixture } from '../../support/torrent-fixtures.js';

const INFO = 'd6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:xxxxxxxxxxxxxxxxxxxxe';
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const torrent = (around: string, info = INFO): Uint8Array => Buffer.from(`d${around}4:info${info}e`, 'latin1');

function edit(bytes: Uint8Array, edits: TorrentEdits): string {
  return text(editTorrent(bytes, edits).bytes);
}

describe('what stays', () => {
  test('without a change the very input, keys out of order and all', () => {
    const bytes = Buffer.from(`d4:info${INFO}7:comment1:c8:announce3:a:be`, 'latin1');
    const edited = editTorrent(bytes, { comment: 'c', addTrackers: [['a:b']], removeWebSeeds: ['none'] });
    expect(edited.bytes).toBe(bytes);
    expect(edited).toMatchObject({ changes: [], unmatched: ['none'] });
  });

  test('unknown keys, the order within them, and an unsorted info dictionary', () => {
    const unsorted = 'd6:pieces20:xxxxxxxxxxxxxxxxxxxx4:name1:a12:piece lengthi16384e6:lengthi1ee';
    const bytes = Buffer.from(`d1:zd1:bi1e1:ai2ee4:info${unsorted}3:\xFF\xFE\xFDi-5e7:comment1:ce`, 'latin1');
    const edited = edit(bytes, { comment: 'new' });
    expect(edited).toBe(`d7:comment3:new4:info${unsorted}1:zd1:bi1e1:ai2ee3:\xFF\xFE\xFDi-5ee`);
  });
});

describe('facts', () => {
  test('a text and its twin, set and taken out', () => {
    const bytes = torrent('7:comment1:a13:comment.utf-81:b');
    expect(edit(bytes, { comment: 'c' })).toBe(text(torrent('7:comment1:c')));
    expect(edit(bytes, { comment: null })).toBe(text(torrent('')));
    expect(edit(torrent(''), { createdBy: 'ü' })).toBe(`d10:created by2:\xC3\xBC4:info${INFO}e`);
  });

  test('the date', () => {
    expect(edit(torrent(''), { creationDate: 5 })).toBe(text(torrent('13:creation datei5e')));
    expect(edit(torrent('13:creation datei5e'), { creationDate: null })).toBe(text(torrent('')));
    expect(editTorrent(torrent('13:creation datei5e'), { creationDate: 6 }).changes).toEqual([
      { field: 'creationDate', from: 5, to: 6 },
    ]);
  });

  test('web seeds: a string becomes a list, the last one takes the key with it', () => {
    const bytes = Buffer.from(`d4:info${INFO}8:url-list3:a/ye`, 'latin1');
    expect(edit(bytes, { addWebSeeds: ['b/y', 'a/y'] })).toBe(`d4:info${INFO}8:url-listl3:a/y3:b/yee`);
    expect(edit(bytes, { removeWebSeeds: ['a/*'] })).toBe(`d4:info${INFO}e`);
  });
});

describe('the info dictionary', () => {
  test('private, source and name change the hash and nothing else in it', () => {
    const before = parseTorrentFile(torrent('1:ai1e'));
    const { bytes, metainfo, changes } = editTorrent(torrent('1:ai1e'), { isPrivate: true, source: 'S', name: 'b' });
    const info = 'd6:lengthi1e4:name1:b12:piece lengthi16384e6:pieces20:xxxxxxxxxxxxxxxxxxxx7:privatei1e6:source1:Se';
    expect(text(bytes)).toBe(`d1:ai1e4:info${info}e`);
    expect(metainfo).toMatchObject({ name: 'b', isPrivate: true });
    expect(metainfo.infoHash.v1).not.toEqual(before.infoHash.v1);
    expect(changes.map(({ field }) => field)).toEqual(['name', 'private', 'source']);
    const back = editTorrent(bytes, { isPrivate: false, source: null, name: 'a' });
    expect(back.bytes).toEqual(new Uint8Array(torrent('1:ai1e')));
  });

  test('what is so already is no change', () => {
    const bytes = torrent('', INFO.replace(/e$/, '7:privatei7ee'));
    expect(editTorrent(bytes, { isPrivate: true, source: null, name: 'a' }).bytes).toBe(bytes);
  });

  test('the piece layers of a hybrid torrent stay beside it', () => {
    const bytes = readTorrentFixture('hybrid.torrent');
    const edited = editTorrent(bytes, { source: 'X' });
    const layers = (from: Uint8Array): unknown => (decode(from) as BencodeDict).get('piece layers');
    expect(layers(edited.bytes)).toBeInstanceOf(BencodeDict);
    expect(encode(layers(edited.bytes) as BencodeDict)).toEqual(encode(layers(bytes) as BencodeDict));
    expect(edited.metainfo.isHybrid).toBe(true);
  });
});

describe('trackers', () => {
  const one = torrent('8:announce3:u:1');
  const list = (tiers: string): Uint8Array => torrent(`8:announce3:u:113:announce-listl${tiers}e`);
  const two = list('l3:u:1el3:u:2e3:u:3');

  test('one more makes a list, one that is there does not', () => {
    expect(edit(one, { addTrackers: [['u:2']] })).toBe(text(list('l3:u:1el3:u:2e')));
    expect(edit(one, { addTrackers: [['u:1']] })).toBe(text(one));
    expect(edit(torrent(''), { addTrackers: [['u:1']] })).toBe(text(one));
  });

  test('the first one taken out, all taken out, others set', () => {
    expect(edit(list('l3:u:1el3:u:2e'), { removeTrackers: ['U:1'] })).toBe(
      text(torrent('8:announce3:u:213:announce-listll3:u:2ee')),
    );
    expect(edit(two, { clearTrackers: true })).toBe(text(torrent('')));
    expect(edit(two, { removeTrackers: ['*'] })).toBe(text(torrent('')));
    expect(edit(two, { trackers: [['u:9']] })).toBe(text(torrent('8:announce3:u:913:announce-listll3:u:9ee')));
  });

  test('replaced in its place, once where the new one is there already', () => {
    const replaced = editTorrent(two, { replaceTrackers: [{ from: 'u:2', to: 'v:2' }] });
    expect(replaced.metainfo.announceTiers).toEqual([['u:1'], ['v:2'], ['u:3']]);
    expect(replaced.changes).toEqual([{ field: 'trackers', from: [['u:1'], ['u:2'], ['u:3']], to: [['u:1'], ['v:2'], ['u:3']] }]);
    const merged = editTorrent(two, { replaceTrackers: [{ from: 'u:2', to: 'u:1' }] });
    expect(merged.metainfo.announceTiers).toEqual([['u:1'], ['u:3']]);
  });

  test('the order is set, replace, remove, add', () => {
    const edits: TorrentEdits = {
      addTrackers: [['u:5', 'u:6']],
      removeTrackers: ['u:2'],
      replaceTrackers: [{ from: 'u:4', to: 'u:2' }],
      trackers: [['u:4', 'u:3']],
    };
    expect(editTorrent(two, edits).metainfo.announceTiers).toEqual([['u:3'], ['u:5', 'u:6']]);
  });

  test('an announce that the list does not name stays until it is taken out itself', () => {
    const lone = torrent('8:announce3:u:013:announce-listll3:u:1ee');
    expect(edit(lone, { addTrackers: [['u:2']] })).toContain('8:announce3:u:013:announce-listll3:u:1el3:u:2ee');
    const without = editTorrent(lone, { removeTrackers: ['u:0'] });
    expect(text(without.bytes)).toContain('8:announce3:u:113:announce-listll3:u:1ee');
    expect(without.changes).toHaveLength(1);
    expect(edit(lone, { removeTrackers: ['u:1'] })).toContain('8:announce3:u:013:announce-listll3:u:0ee');
  });

  test('what matches nothing is told', () => {
    const { unmatched } = editTorrent(two, { removeTrackers: ['u:7*'], replaceTrackers: [{ from: 'u:8', to: 'u:9' }] });
    expect(unmatched).toEqual(['u:8', 'u:7*']);
  });
});
