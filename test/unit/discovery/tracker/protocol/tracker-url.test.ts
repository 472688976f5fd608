// Addresses of trackers taken apart: schemes, and what a UDP tracker's must have.

import { describe, expect, test } from 'vitest';
import { MAX_URL_DATA_BYTES, parseUdpTrackerUrl, schemeOf } from '../../../../../src/discovery/tracker/protocol/tracker-url.js';
import { TrackerError } from '../../../../../src/discovery/tracker/protocol/tracker-error.js';

const parsed = (url: string): [string, number, string] => {
  const { host, port, urlData } = parseUdpTrackerUrl(url);
  return [host, port, new TextDecoder().decode(urlData)];
};

test('a scheme is lower-case, or none', () => {
  expect(['UDP://a', 'https://b', 'nonsense', '1x:y', ''].map(schemeOf)).toEqual(['udp', 'https', null, null, null]);
});

describe('the URL of a UDP tracker', () => {
  test.each<[string, [string, number, string]]>([
    ['udp://tracker.example:80', ['tracker.example', 80, '']],
    ['udp://Tracker.Example:6969/announce', ['tracker.example', 6969, '/announce']],
    ['udp://tracker.example:80/dir?auth=secret&x=%41#part', ['tracker.example', 80, '/dir?auth=secret&x=%41']],
    ['udp://tracker.example:80?a=b', ['tracker.example', 80, '?a=b']],
    ['udp://tracker.example:80/größe', ['tracker.example', 80, '/gr%C3%B6%C3%9Fe']],
    ['udp://user:word@127.0.0.1:1/', ['127.0.0.1', 1, '/']],
    ['UDP://[2001:DB8:0::1]:65535/a', ['2001:db8::1', 65_535, '/a']],
    ['udp://bücher.example:443', ['xn--bcher-kva.example', 443, '']],
  ])('%s', (url, expected) => {
    expect(parsed(url)).toEqual(expected);
  });

  test.each([
    'udp://tracker.example',
    'udp://tracker.example/announce',
    'udp://tracker.example:0/',
    'udp://tracker.example:65536/',
    'udp://tracker.example:port/',
    'udp://:80/',
    'udp:80',
    'udp://[::1/:80',
    'udp://a%20b:80/',
    '',
    `udp://tracker.example:80/${'x'.repeat(MAX_URL_DATA_BYTES)}`,
  ])('%s is none', (url) => {
    let thrown: unknown = null;
    try {
      parseUdpTrackerUrl(url);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TrackerError);
    expect(thrown).toMatchObject({ code: 'invalid_url' });
  });
});
