// Names that are changed, and how; names that are left alone.

import { describe, expect, test } from 'vitest';
import { PathTree, safeComponent } from '../../../src/metainfo/safe-path.js';
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

describe('PathTree', () => {
  test('folders are shared, files are not', () => {
    const tree = new PathTree();
    tree.add(['a', 'b', 'c'], '1');
    tree.add(['a', 'b', 'd'], '2');
    tree.add(['a', 'B'], '3');
    expect(() => tree.add(['a', 'b', 'c'], '4')).toThrow(/^4: the same path/);
    expect(() => tree.add(['a', 'b'], '5')).toThrow(/^5: the same path/);
    expect(() => tree.add(['a', 'B', 'x'], '6')).toThrow(/^6: needs a folder/);
  });
});
