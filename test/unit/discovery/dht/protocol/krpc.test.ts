// The messages of BEP 5 as its page writes them, and what is refused.

import { describe, expect, test } from 'vitest';
import { decodeKrpc, MAX_RECEIVED_BYTES } from '../../../../../src/discovery/dht/protocol/krpc-decoder.js';
import { encodeError, encodeQuery, encodeReply } from '../../../../../src/discovery/dht/protocol/krpc-encoder.js';
import { KrpcError } from '../../../../../src/discovery/dht/protocol/krpc-error.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

const ASKER = { transaction: ascii('aa'), id: ascii('abcdefghij0123456789') };
const ANSWERER = { transaction: ascii('aa'), id: ascii('mnopqrstuvwxyz123456') };
const HASH = ascii('mnopqrstuvwxyz123456');
const TO = addressAt('1.2.3.4', 0x3536);

function refusal(text: string): KrpcError {
  try {
    decodeKrpc(ascii(text));
  } catch (error) {
    if (error instanceof KrpcError) return error;
    throw error;
  }
  throw new Error(`not refused: ${text}`);
}

describe('queries are those of BEP 5, byte by byte', () => {
  test.each([
    ['ping', { method: 'ping' }, 'd1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe'],
    [
      'find_node',
      { method: 'find_node', target: HASH, want: null },
      'd1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe',
    ],
    [
      'get_peers',
      { method: 'get_peers', infoHash: HASH, want: null, noSeeds: false, scrape: false },
      'd1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe',
    ],
    [
      'announce_peer',
      { method: 'announce_peer', infoHash: HASH, port: null, token: ascii('aoeusnth'), isSeed: false },
      'd1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti1e5:token8:aoeusnthe' +
        '1:q13:announce_peer1:t2:aa1:y1:qe',
    ],
  ] as const)('%s', (_, query, bytes) => {
    expect(textOf(encodeQuery(ASKER, query, false))).toBe(bytes);
    expect(decodeKrpc(ascii(bytes))).toEqual({ type: 'query', ...ASKER, query, isReadOnly: false });
  });

  test('with what later BEPs add', () => {
    const query = { method: 'get_peers', infoHash: HASH, want: { n4: true, n6: true }, noSeeds: true, scrape: true } as const;
    const bytes = encodeQuery(ASKER, query, true);
    expect(textOf(bytes)).toContain('6:noseedi1e6:scrapei1e4:wantl2:n42:n6ee');
    expect(textOf(bytes)).toContain('2:roi1e');
    expect(decodeKrpc(bytes)).toEqual({ type: 'query', ...ASKER, query, isReadOnly: true });
  });

  test('a port of its own counts where it is not implied', () => {
    const query = { method: 'announce_peer', infoHash: HASH, port: 6881, token: ascii('t'), isSeed: true } as const;
    expect(decodeKrpc(encodeQuery(ASKER, query, false))).toMatchObject({ query });
    const both = textOf(encodeQuery(ASKER, query, false)).replace('9:info_hash', '12:implied_porti1e9:info_hash');
    expect(decodeKrpc(ascii(both))).toMatchObject({ query: { port: null } });
  });
});

describe('answers', () => {
  test('with peers and a token, and how the asker is seen', () => {
    const reply = { token: ascii('aoeusnth'), values: [addressAt('97.120.106.101', 0x2e75)] };
    const bytes = encodeReply(ANSWERER, reply, TO);
    expect(textOf(bytes)).toBe(
      'd2:ip6:\u0001\u0002\u0003\u0004561:rd2:id20:mnopqrstuvwxyz1234565:token8:aoeusnth6:valuesl6:axje.uee1:t2:aa1:y1:re',
    );
    expect(decodeKrpc(bytes)).toEqual({ type: 'response', ...ANSWERER, reply, seenAs: TO, skipped: 0 });
  });

  test('with nodes of both families and filters', () => {
    const reply = {
      nodes: [{ id: ASKER.id, address: addressAt('10.0.0.1', 1) }],
      nodes6: [
        { id: HASH, address: addressAt('2001:db8::1', 2) },
        { id: ASKER.id, address: addressAt('2001:db8::2', 3) },
      ],
      filters: { seeds: new Uint8Array(256).fill(1), peers: new Uint8Array(256) },
    };
    expect(decodeKrpc(encodeReply(ANSWERER, reply, addressAt('::1', 9)))).toMatchObject({ reply, seenAs: { host: '::1' } });
  });

  test('an address nobody can have is left out and counted', () => {
    const nodes = [0, 7].map((port) => `${textOf(HASH)}\u0001\u0002\u0003\u0004\0${String.fromCharCode(port)}`).join('');
    const message = decodeKrpc(
      ascii(`d1:rd2:id20:${textOf(HASH)}5:nodes52:${nodes}6:valuesl6:\u0001\u0002\u0003\u0004\0\0ee1:t1:a1:y1:re`),
    );
    expect(message).toMatchObject({ skipped: 2, reply: { nodes: [{ address: { host: '1.2.3.4', port: 7 } }], values: [] } });
  });

  test('errors are read without their control characters', () => {
    expect(decodeKrpc(encodeError(ascii('aa'), 201, 'A Generic Error'))).toMatchObject({ number: 201, text: 'A Generic Error' });
    expect(decodeKrpc(ascii('d1:eli201e3:a\u001Bce1:t2:aa1:y1:ee'))).toMatchObject({ text: 'a?c' });
  });
});

describe('what is refused', () => {
  const id = '2:id20:abcdefghij0123456789';
  test.each([
    ['no dictionary', 'i1e'],
    ['truncated', 'd1:t2:aa'],
    ['bytes after the end', 'd1:t2:aa1:y1:eex'],
    ['no transaction', `d1:ad${id}e1:q4:ping1:y1:qe`],
    ['an endless transaction', `d1:ad${id}e1:q4:ping1:t33:${'a'.repeat(33)}1:y1:qe`],
    ['no kind', 'd1:t2:aae'],
    ['an answer without id', 'd1:rde1:t2:aa1:y1:re'],
    ['nodes of an odd length', `d1:rd${id}5:nodes25:${'n'.repeat(25)}e1:t2:aa1:y1:re`],
    ['nodes6 as a list', `d1:rd${id}6:nodes6lee1:t2:aa1:y1:re`],
    ['a peer of 7 bytes', `d1:rd${id}6:valuesl7:abcdefgee1:t2:aa1:y1:re`],
    ['values as text', `d1:rd${id}6:values6:abcdefe1:t2:aa1:y1:re`],
    ['a short filter', `d1:rd${id}4:BFpe2:aae1:t2:aa1:y1:re`],
    ['an error without text', 'd1:e3:abc1:t2:aa1:y1:ee'],
    ['deep nesting', `d1:rd${id}1:x${'l'.repeat(20)}${'e'.repeat(20)}e1:t2:aa1:y1:re`],
  ])('%s', (_, text) => {
    expect(refusal(text).transaction).toBeNull();
  });

  test('a long datagram', () => {
    expect(() => decodeKrpc(new Uint8Array(MAX_RECEIVED_BYTES + 1))).toThrow(KrpcError);
  });

  test.each([
    ['an id of 19 bytes', 'd1:ad2:id19:abcdefghij012345678e1:q4:ping1:t2:aa1:y1:qe', 203],
    ['no arguments', 'd1:q4:ping1:t2:aa1:y1:qe', 203],
    ['no target', `d1:ad${id}e1:q9:find_node1:t2:aa1:y1:qe`, 203],
    ['a wish that is none', `d1:ad${id}4:wanti4ee1:q4:ping1:t2:aa1:y1:qe`, 203],
    [
      'an announce of port 0',
      `d1:ad${id}9:info_hash20:${textOf(HASH)}4:porti0e5:token1:te1:q13:announce_peer1:t2:aa1:y1:qe`,
      203,
    ],
    ['an announce without token', `d1:ad${id}9:info_hash20:${textOf(HASH)}4:porti9ee1:q13:announce_peer1:t2:aa1:y1:qe`, 203],
    ['a method nobody knows', `d1:ad${id}e1:q3:put1:t2:aa1:y1:qe`, 204],
  ])('a query that can be answered: %s', (_, text, number) => {
    const { transaction, detail } = refusal(text);
    expect(transaction).toEqual(ascii('aa'));
    expect(detail.number).toBe(number);
  });
});
