// Names that are changed, and how; names that are left alone.

import { describe, expect, test } from 'vitest';
import { isPlainName, PathTree, putFile, safeComponent } from '../../../src/metainfo/safe-path.js';
import { MetainfoError } from '../../../src/model/error.js';

const here = { windows: false };
const windows = { windows: true };
const bytesOf = (name: string): number => new TextEncoder().encode(name).length;

describe('safeComponent', () => {
  test.each([
    'a',
    '...',
    '.hidden',
    'a..b',
    '~',
    'CON',
    'aux.c',
    'a:b',
    'trailing.',
    ' ',
    'größe',
    '名前',
    '\u202egnp.exe',
    '-rf',
  ])('%j stays', (name) => {
    expect(safeComponent(name, 'f', here)).toBe(name);
  });

  test.each([
    ['a\nb', 'a_b'],
    ['\x1b[31m', '_[31m'],
    ['Icon\r', 'Icon_'],
    ['\x7f', '_'],
  ])('control characters: %j', (name, expected) => {
    expect(safeComponent(name, 'f', here)).toBe(expected);
  });

  test.each([
    ['CON', '_CON'],
    ['aux.c', '_aux.c'],
    ['Lpt1.tar.gz', '_Lpt1.tar.gz'],
    ['console', 'console'],
    ['a:b', 'a_b'],
    ['C:', 'C_'],
    ['what?*', 'what__'],
    ['trailing.. ', 'trailing___'],
    ['...', '___'],
  ])('on Windows: %j', (name, expected) => {
    expect(safeComponent(name, 'f', windows)).toBe(expected);
  });

  test('255 bytes fit, more are cut before the extension and between characters', () => {
    const fits = `${'x'.repeat(251)}.iso`;
    expect(safeComponent(fits, 'f', here)).toBe(fits);
    expect(safeComponent(`${'x'.repeat(252)}.iso`, 'f', here)).toBe(`${'x'.repeat(251)}.iso`);
    expect(safeComponent('é'.repeat(200), 'f', here)).toBe('é'.repeat(127));
    expect(safeComponent(`${'😀'.repeat(100)}.mkv`, 'f', here)).toBe(`${'😀'.repeat(62)}.mkv`);
    const long = safeComponent(`a.${'y'.repeat(1_000_000)}`, 'f', here);
    expect(bytesOf(long)).toBe(255);
  });

  test.each(['', '.', '..', 'a/b', '/', 'a\\b', '\0', '.effusion', '.Effusion-1'])('%j is refused', (name) => {
    expect(() => safeComponent(name, 'the field', here)).toThrow(MetainfoError);
    expect(() => safeComponent(name, 'the field', here)).toThrow(/^the field: /);
  });
});

describe('isPlainName', () => {
  test('says of no single character, in front or behind, what safeComponent denies', () => {
    for (let unit = 0; unit < 0x10000; unit++) {
      const character = String.fromCharCode(unit);
      for (const name of [character, `a${character}`]) {
        if (isPlainName(name)) expect(safeComponent(name, 'f', here)).toBe(name);
        else expect(unit < 0x80, `U+${unit.toString(16)}`).toBe(true);
      }
    }
  });

  test.each(['a', 'a.b', ' ', 'größe', '名前', '-rf', 'x'.repeat(85)])('%j is plain', (name) => {
    expect(isPlainName(name)).toBe(true);
  });

  test.each(['', '.', '..', '.hidden', '.effusion', 'a/b', 'a\\b', '\0', 'a\nb', 'a\n', '\x7f', 'x'.repeat(86), '名'.repeat(86)])(
    '%j is looked at more closely',
    (name) => {
      expect(isPlainName(name)).toBe(false);
    },
  );
});

describe('PathTree', () => {
  const add = (tree: PathTree, path: readonly string[], field: string): void => {
    putFile(tree.folder(path.slice(0, -1), field), path[path.length - 1], field);
  };

  test('folders are shared, files are not', () => {
    const tree = new PathTree();
    add(tree, ['a', 'b', 'c'], '1');
    add(tree, ['a', 'b', 'd'], '2');
    add(tree, ['a', 'B'], '3');
    expect(() => add(tree, ['a', 'b', 'c'], '4')).toThrow(/^4: the same path/);
    expect(() => add(tree, ['a', 'b'], '5')).toThrow(/^5: the same path/);
    expect(() => add(tree, ['a', 'B', 'x'], '6')).toThrow(/^6: needs a folder/);
  });

  test('a file beside the last one is told from one elsewhere', () => {
    const tree = new PathTree();
    add(tree, ['a', 'b', 'c'], '1');
    add(tree, ['x', 'b', 'c'], '2');
    add(tree, ['a', 'b', 'd'], '3');
    expect(() => add(tree, ['x', 'b', 'c'], '4')).toThrow(/^4: the same path/);
    add(tree, ['x', 'b', 'd'], '5');
    expect(() => add(tree, ['a', 'b', 'd'], '6')).toThrow(/^6: the same path/);
    add(tree, ['c'], '7');
    expect(() => add(tree, ['c'], '8')).toThrow(/^8: the same path/);
  });

  test('files are put into a folder that was asked for once', () => {
    const tree = new PathTree();
    const folder = tree.folder(['a', 'b'], '1');
    putFile(folder, 'c', '1');
    putFile(folder, 'd', '2');
    expect(() => putFile(folder, 'c', '3')).toThrow(/^3: the same path/);
    putFile(tree.folder(['a'], '4'), 'c', '4');
    expect(() => tree.folder(['a', 'c'], '5')).toThrow(/^5: needs a folder/);
    expect(() => putFile(tree.folder(['a'], '6'), 'b', '6')).toThrow(/^6: the same path/);
  });
});
