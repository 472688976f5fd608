import { describe, expect, test } from 'vitest';
import { formatProxy, parseProxy, type ProxyServer } from '../../../src/model/proxy-server.js';

describe('what --proxy takes', () => {
  test.each<[string, ProxyServer]>([
    ['socks5h://127.0.0.1:1080', { kind: 'socks5h', host: '127.0.0.1', port: 1080, login: null }],
    ['SOCKS5H://Proxy.Example', { kind: 'socks5h', host: 'proxy.example', port: 1080, login: null }],
    ['http://proxy.example/', { kind: 'http', host: 'proxy.example', port: 8080, login: null }],
    ['http://proxy.example:80', { kind: 'http', host: 'proxy.example', port: 80, login: null }],
    ['socks5h://[2001:db8::1]:9050', { kind: 'socks5h', host: '2001:db8::1', port: 9050, login: null }],
    ['socks5h://u%40x:p%3Aq%2f@h:1', { kind: 'socks5h', host: 'h', port: 1, login: { user: 'u@x', password: 'p:q/' } }],
    ['socks5h://only@h:65535', { kind: 'socks5h', host: 'h', port: 65535, login: { user: 'only', password: '' } }],
  ])('%s', (text, expected) => expect(parseProxy(text)).toEqual(expected));

  test.each([
    ['127.0.0.1:1080', 'not-a-url'],
    ['', 'not-a-url'],
    ['socks5://h:1', 'local-names'],
    ['socks4a://h:1', 'local-names'],
    ['https://h:1', 'unknown-scheme'],
    ['ftp://h:1', 'unknown-scheme'],
    ['socks5h://', 'no-host'],
    ['socks5h://:1080', 'no-host'],
    ['socks5h://h:0', 'no-host'],
    ['socks5h://h:65536', 'no-host'],
    ['socks5h://::1:1080', 'no-host'],
    ['http://h:1/path', 'not-a-proxy'],
    ['http://h:1/?q', 'not-a-proxy'],
    ['socks5h://u:%00@h', 'bad-login'],
    ['socks5h://u:%ff@h', 'bad-login'],
    ['socks5h://:p@h', 'bad-login'],
    [`socks5h://${'u'.repeat(256)}:p@h`, 'bad-login'],
    ['http://a%3Ab:p@h', 'bad-login'],
  ])('%s is %s', (text, refusal) => expect(parseProxy(text)).toBe(refusal));

  test('is printed without its login', () => {
    const proxy = parseProxy('socks5h://user:secret@[::1]:1080') as ProxyServer;
    expect(formatProxy(proxy)).toBe('socks5h://[::1]:1080');
  });
});
