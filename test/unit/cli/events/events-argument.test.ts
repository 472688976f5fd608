import { expect, test } from 'vitest';
import { findEventsArgument } from '../../../../src/cli/events/events-argument.js';

test.each([
  [['x.torrent'], null, ['x.torrent']],
  [['--events', 'x.torrent'], '-', ['--events=-', 'x.torrent']],
  [['download', '--events=3'], '3', ['download', '--events=3']],
  [['--events=a=b'], 'a=b', ['--events=a=b']],
  [['--events='], '', ['--events=']],
  [['--events=a', '--events'], '-', ['--events=a', '--events=-']],
  [['--', '--events'], null, ['--', '--events']],
  [['--eventsx', '--no-events'], null, ['--eventsx', '--no-events']],
])('%j', (argv, target, rewritten) => {
  expect(findEventsArgument(argv)).toEqual({ argv: rewritten, target, stray: null });
});

test('a number behind a bare one was meant as its value', () => {
  expect(findEventsArgument(['x', '--events', '3']).stray).toBe('3');
  expect(findEventsArgument(['x', '--events', '3.torrent']).stray).toBeNull();
  expect(findEventsArgument(['--', '--events', '3']).stray).toBeNull();
});
