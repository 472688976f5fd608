import { describe, expect, test } from 'vitest';
import { decodeSearchAnswer, encodeSearches, localUrl } from '../../../../../src/net/port-mapping/protocol/ssdp.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a search for each kind of gateway', () => {
  const texts = encodeSearches('239.255.255.250:1900').map((bytes) => new TextDecoder().decode(bytes));
  expect(texts[0]).toBe(
    'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\n' +
      'ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n',
  );
  expect(texts.map((text) => /\nST: (.*)\r/.exec(text)?.[1])).toEqual([
    'urn:schemas-upnp-org:device:InternetGatewayDevice:1',
    'urn:schemas-upnp-org:device:InternetGatewayDevice:2',
    'urn:schemas-upnp-org:service:WANIPConnection:1',
  ]);
});

test.each([
  ['HTTP/1.1 200 OK\r\nST: x\r\nLOCATION: http://192.168.1.1:49000/d.xml\r\n\r\n', 'http://192.168.1.1:49000/d.xml'],
  ['HTTP/1.0 200\nlocation:http://192.168.1.1/\n', 'http://192.168.1.1/'],
  ['HTTP/1.1 200 OK\r\nLocation : a b\r\nLocation: c\r\n', 'a b'],
  ['HTTP/1.1 404 No\r\nLocation: http://192.168.1.1/\r\n', null],
  ['NOTIFY * HTTP/1.1\r\nLocation: http://192.168.1.1/\r\n', null],
  ['HTTP/1.1 200 OK\r\n\r\n', null],
  ['', null],
])('an answer: %j', (text, location) => expect(decodeSearchAnswer(encode(text))).toBe(location));

test('an answer that is too long', () => {
  expect(decodeSearchAnswer(encode(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(5000)}\r\nLocation: http://192.168.1.1/\r\n`))).toBeNull();
});

describe('a URL of a device', () => {
  const gateway = addressAt('192.168.1.1', 1900);
  test.each([
    ['http://192.168.1.1:49000/d.xml', 'http://192.168.1.1:49000/d.xml'],
    ['HTTP://192.168.1.1/', 'http://192.168.1.1/'],
    ['http://192.168.1.2/', null],
    ['http://192.168.1.1.evil.example/', null],
    ['http://router.local/', null],
    ['http://user:password@192.168.1.1/', null],
    ['https://192.168.1.1/', null],
    ['file:///etc/passwd', null],
    ['/d.xml', null],
    ['', null],
  ])('%s', (url, expected) => expect(localUrl(url, gateway)).toBe(expected));

  test('that is too long', () => expect(localUrl(`http://192.168.1.1/${'x'.repeat(500)}`, gateway)).toBeNull());

  test.each([
    ['/ctl', 'http://192.168.1.1:5000/ctl'],
    ['ctl', 'http://192.168.1.1:5000/a/ctl'],
    ['http://192.168.1.1:80/ctl', 'http://192.168.1.1/ctl'],
    ['//192.168.1.9/ctl', null],
    ['http://127.0.0.1/ctl', null],
  ])('relative: %s', (url, expected) => expect(localUrl(url, gateway, 'http://192.168.1.1:5000/a/d.xml')).toBe(expected));

  test('lies on a local network, or on the host that asks itself', () => {
    const isTaken = (host: string): boolean => localUrl(`http://${host}/`, addressAt(host, 1900)) !== null;
    expect(['10.0.0.1', '172.16.0.1', '169.254.1.1', '127.0.0.1'].map(isTaken)).toEqual([true, true, true, true]);
    expect(['8.8.8.8', '239.255.255.250', '0.0.0.0'].map(isTaken)).toEqual([false, false, false]);
  });
});
