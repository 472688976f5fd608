import { expect, test } from 'vitest';
import { loadWidthFor, roughWidth, truncateToWidth } from '../../../../src/cli/render/text-width.js';

test('Chinese characters and emoji take two columns', async () => {
  const widthOf = await loadWidthFor('東京 🎉');
  expect(widthOf('東京')).toBe(4);
  expect(widthOf('🎉')).toBe(2);
  expect(widthOf('ab')).toBe(2);
});

test('plain ASCII needs no library', async () => expect(await loadWidthFor('plain')).toBe(roughWidth));

test('a text is cut between characters, never within', async () => {
  const widthOf = await loadWidthFor('東京');
  expect(truncateToWidth('東京都', 4, widthOf)).toBe('東…');
  expect(truncateToWidth('abcdef', 4, widthOf)).toBe('abc…');
  expect(truncateToWidth('abcd', 4, widthOf)).toBe('abcd');
  expect(truncateToWidth('abcd', 0, widthOf)).toBe('');
  expect(truncateToWidth('👩🏽‍🚀👩🏽‍🚀', 3, widthOf)).toBe('👩🏽‍🚀…');
});
