// What may be shown of an address, and what never.

import { describe, expect, test } from 'vitest';
import { redactText, redactUrl, redactUrls, redactWebSeedUrl } from '../../../src/model/redact-url.js';

describe('redactUrl', () => {
  test.each([
    ['http://localhost:6969/announce', 'http://localhost:6969/announce'],
    ['https://torrents.linuxmint.com/announce.php', 'https://torrents.linuxmint.com/announce.php'],
    ['udp://tracker.opentrackr.org:1337/announce', 'udp://tracker.opentrackr.org:1337/announce'],
    ['http://[2001:db8::1]:80/announce', 'http://[2001:db8::1]:80/announce'],
    ['http://t.example/tracker-announce-here.php', 'http://t.example/tracker-announce-here.php'],
    ['http://t.example/a?numwant=5&x=short', 'http://t.example/a?numwant=5&x=short'],
  ])('%s stays', (url, shown) => expect(redactUrl(url)).toBe(shown));

  test.each([
    ['http://user:word@t.example/announce', 'http://t.example/announce'],
    ['http://u@ser:w@rd@t.example/announce', 'http://t.example/announce'],
    ['http://t.example/0123456789abcdef0123456789abcdef/announce', 'http://t.example/***/announce'],
    ['http://t.example/announce.php?passkey=0123456789abcdef0123456789abcdef', 'http://t.example/announce.php?passkey=***'],
    ['http://t.example/announce?passkey=short', 'http://t.example/announce?passkey=***'],
    [
      'http://t.example/announce?torrent_pass=abc&authkey=def&uid=7',
      'http://t.example/announce?torrent_pass=***&authkey=***&uid=***',
    ],
    ['http://t.example/announce?a=1;key=x', 'http://t.example/announce?a=1;key=***'],
    ['http://t.example/announce?0123456789abcdef', 'http://t.example/announce?***'],
    ['http://t.example/aGVsbG8gd29ybGQhIQ%3D%3D/announce', 'http://t.example/***/announce'],
    ['http://t.example/abcdefghijklmnopqrstuvwx/announce', 'http://t.example/***/announce'],
    ['http://t.example/announce#secret', 'http://t.example/announce'],
    ['http://t.example/?x=aB3dE6gH9jK2mN5p', 'http://t.example/?x=***'],
    ['0123456789abcdef0123456789abcdef', '***'],
    ['not a url', 'not a url'],
    ['', ''],
  ])('%s', (url, shown) => expect(redactUrl(url)).toBe(shown));

  test('is one printable line of bounded length', () => {
    expect(redactUrl('http://t.example/\u001B[31m\r\n/x')).toBe('http://t.example/ [31m /x');
    expect(redactUrl(`http://t.example/${'short/'.repeat(1000)}`)).toHaveLength(300);
  });
});

describe('redactWebSeedUrl', () => {
  test.each([
    ['http://cdn.example/ubuntu-24.04.1-live-server-amd64.iso', 'http://cdn.example/ubuntu-24.04.1-live-server-amd64.iso'],
    ['https://cdn.example/0123456789abcdef0123456789abcdef.bin', 'https://cdn.example/0123456789abcdef0123456789abcdef.bin'],
    ['http://cdn.example/Some.Film.2019.1080p/', 'http://cdn.example/Some.Film.2019.1080p/'],
    ['http://user:word@cdn.example/file-2019-01.iso#x', 'http://cdn.example/file-2019-01.iso'],
    ['http://cdn.example/file-2019-01.iso?token=abc&part=2', 'http://cdn.example/file-2019-01.iso?token=***&part=2'],
    ['http://cdn.example/file.iso?0123456789abcdef', 'http://cdn.example/file.iso?***'],
    ['http://cdn.example/\u001B[31m\n', 'http://cdn.example/ [31m'],
  ])('%s', (url, shown) => expect(redactWebSeedUrl(url)).toBe(shown));
});

test('redactText cuts keys and addresses out of sentences', () => {
  expect(redactText('passkey 0123456789abcdef0123456789abcdef is unknown, see http://u:p@t.example/0123456789abcdef')).toBe(
    'passkey *** is unknown, see http://t.example/***',
  );
  expect(redactText('unregistered torrent (internationalization)')).toBe('unregistered torrent (internationalization)');
});

describe('redactText of an answer', () => {
  const KEY = '0123456789abcdef0123456789abcdef';

  test.each([
    [`http://t.example/announce?passkey=sesame`, 'Unknown passkey sesame', 'Unknown passkey ***'],
    ['http://t.example/announce?passkey=open%20up', 'no such key: open up', 'no such key: ***'],
    [`http://t.example/${KEY}/announce`, `${KEY.toUpperCase()} or ${KEY}?`, '*** or ***?'],
    ['http://t.example/abcdefghijklmnopqrstuvwx/announce', 'abcdefghijklmnopqrstuvwx is banned', '*** is banned'],
    ['http://joe:hunter2@t.example/announce', 'wrong password hunter2', 'wrong password ***'],
    ['http://t.example/announce?uid=7', 'error 7', 'error 7'],
    ['http://t.example/announce?passkey=%zz%zz', 'bad %zz%zz', 'bad ***'],
  ])('%s: %s', (url, text, shown) => expect(redactText(text, url)).toBe(shown));

  test('that repeats the query', () => {
    expect(redactText('bad request: info_hash=%01&passkey=abc&port=6881')).toBe(
      'bad request: info_hash=%01&passkey=***&port=6881',
    );
  });
});

describe('redactUrls', () => {
  test.each([
    ['cannot fetch http://u:p@t.example/x.torrent: HTTP status 404', 'cannot fetch http://t.example/x.torrent: HTTP status 404'],
    ["'ftp://u:p@h/0123456789abcdef0123456789abcdef' (no)", "'ftp://h/***' (no)"],
    ['see udp://t.example:1/?passkey=abc, or not.', 'see udp://t.example:1/?passkey=***, or not.'],
    ['magnet:?xt=urn:btih:aa&tr=http%3A%2F%2Ft%2Fkey: no', 'magnet:?… no'],
    ['at file:///home/somebody-1234567890/effusion.js:3:4', 'at file:///home/somebody-1234567890/effusion.js:3:4'],
    ['/srv/0123456789abcdef0123456789abcdef/data.torrent', '/srv/0123456789abcdef0123456789abcdef/data.torrent'],
    ['nothing', 'nothing'],
  ])('%s', (text, shown) => expect(redactUrls(text)).toBe(shown));

  test('leaves what is redacted already as it is, and is quick with long runs', () => {
    const once = redactUrls('http://t.example/0123456789abcdef0123456789abcdef/announce?passkey=a');
    expect(redactUrls(once)).toBe(once);
    expect(redactUrls(`http://${'.'.repeat(200_000)}`).length).toBeLessThan(400);
  });
});
