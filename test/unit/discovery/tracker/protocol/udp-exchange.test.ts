// One announce to a UDP tracker in virtual time: what is sent and when, and what counts as an answer.

import { describe, expect, test } from 'vitest';
import type { AnnounceParameters } from '../../../../../src/discovery/tracker/protocol/announce-request.js';
import {
  CONNECTION_LIFE_MS,
  UdpExchange,
  type UdpConnection,
  type UdpExchangeAction,
  type UdpExchangeEvent,
  type UdpExchangeOptions,
} from '../../../../../src/discovery/tracker/protocol/udp-exchange.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

const TRACKER = addressAt('10.0.0.9', 6969);
const PARAMETERS: AnnounceParameters = {
  infoHash: new Uint8Array(20).fill(1),
  peerId: new Uint8Array(20).fill(2),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 1000,
  numwant: 200,
  event: 'started',
};

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** Drives an exchange through virtual time; transaction ids count up from 1. */
class Rig {
  readonly exchange: UdpExchange;
  now = 1000;
  /** `0 connect 1`: when since the start, what, its transaction id. */
  readonly sent: string[] = [];
  /** Connection ids that announces carried: their first byte. */
  readonly usedIds: number[] = [];
  readonly results: UdpExchangeAction[] = [];
  readonly connections: UdpConnection[] = [];
  #transactions = 0;

  constructor(options: Partial<UdpExchangeOptions> = {}) {
    this.exchange = new UdpExchange({
      address: TRACKER,
      question: { type: 'announce', parameters: PARAMETERS, urlData: new Uint8Array() },
      connection: null,
      timeoutMs: 60_000,
      retransmitMs: 3000,
      nextTransactionId: () => ++this.#transactions,
      ...options,
    });
    this.handle({ type: 'start' });
  }

  handle(event: UdpExchangeEvent): void {
    for (const action of this.exchange.handle(event, this.now)) {
      if (action.type === 'send') {
        const view = new DataView(action.bytes.buffer);
        expect(action.isAnnounce).toBe(view.getUint32(8) === 1);
        if (action.isAnnounce) this.usedIds.push(action.bytes[0]);
        this.sent.push(`${this.now - 1000} ${action.isAnnounce ? 'announce' : 'connect'} ${view.getUint32(12)}`);
      } else if (action.type === 'connected') this.connections.push(action.connection);
      else this.results.push(action);
    }
  }

  /** Lets every time-out come that is due within `ms`. */
  run(ms: number): this {
    const end = this.now + ms;
    for (let due = this.exchange.nextTimeout(); due !== null && due <= end; due = this.exchange.nextTimeout()) {
      this.now = due;
      this.handle({ type: 'timeout' });
    }
    this.now = end;
    return this;
  }

  receive(bytes: readonly number[], from = TRACKER): this {
    this.handle({ type: 'datagram', from, bytes: Uint8Array.from(bytes) });
    return this;
  }

  connected(transaction: number, id = 7): this {
    return this.receive([...word(0), ...word(transaction), ...Array<number>(8).fill(id)]);
  }

  announced(transaction: number): this {
    return this.receive([...word(1), ...word(transaction), ...word(1800), ...word(0), ...word(1), 10, 0, 0, 1, 0, 80]);
  }

  error(transaction: number, message = 'go away'): this {
    return this.receive([...word(3), ...word(transaction), ...new TextEncoder().encode(message)]);
  }
}

const RESPONSE = { intervalSeconds: 1800, seeds: 1, leechers: 0, addresses: [{ host: '10.0.0.1' }] };
const DONE = { type: 'done', answer: { type: 'announced', response: RESPONSE } };
const REFUSED = { type: 'failed', error: { code: 'failure_reason', message: 'go away' } };

describe('an exchange', () => {
  test('connects, announces with the id it got, and ends', () => {
    const rig = new Rig();
    expect(rig.sent).toEqual(['0 connect 1']);
    rig.run(50).connected(1, 9);
    expect(rig.connections).toEqual([{ id: new Uint8Array(8).fill(9), receivedAt: 1050 }]);
    rig.run(50).announced(2);
    expect(rig.sent).toEqual(['0 connect 1', '50 announce 2']);
    expect(rig.usedIds).toEqual([9]);
    expect(rig.results).toMatchObject([DONE]);
    expect(rig.exchange.nextTimeout()).toBeNull();
    expect(rig.exchange.ignored).toBe(0);
  });

  test('hears nothing after its end', () => {
    const rig = new Rig().connected(1).announced(2).announced(2).error(2).run(100_000);
    rig.handle({ type: 'timeout' });
    expect(rig.results).toHaveLength(1);
    expect(rig.sent).toHaveLength(2);
  });

  test('refuses nonsense before anything is sent', () => {
    const parameters = { ...PARAMETERS, port: 0 };
    expect(() => new Rig({ question: { type: 'announce', parameters, urlData: new Uint8Array() } })).toThrow(
      expect.objectContaining({ code: 'invalid_parameter' }) as Error,
    );
  });
});

describe('what is not answered', () => {
  test('is sent again after 3, 6, 12 … s, the same bytes, until the time is up', () => {
    const rig = new Rig().run(200_000);
    expect(rig.sent).toEqual(['0 connect 1', '3000 connect 1', '9000 connect 1', '21000 connect 1', '45000 connect 1']);
    expect(rig.results).toMatchObject([{ type: 'failed', error: { code: 'timeout', message: 'no answer in time' } }]);
    expect(rig.exchange.nextTimeout()).toBeNull();
  });

  test('each request begins with the short wait again', () => {
    const rig = new Rig().run(10_000).connected(1).run(8000);
    expect(rig.sent.slice(3)).toEqual(['10000 announce 2', '13000 announce 2']);
    rig.announced(2);
    expect(rig.results).toMatchObject([DONE]);
  });

  test('an answer to the first of them is good after the second', () => {
    const rig = new Rig().run(3000).connected(1).run(3000).announced(2);
    expect(rig.results).toMatchObject([DONE]);
  });

  test('a short time has room for a repetition', () => {
    expect(new Rig({ timeoutMs: 1800 }).run(5000).sent).toEqual(['0 connect 1', '600 connect 1']);
    const rig = new Rig({ timeoutMs: 1800 }).run(700).connected(1).run(600).announced(2);
    expect(rig.sent.slice(2)).toEqual(['700 announce 2', '1300 announce 2']);
    expect(rig.results).toMatchObject([DONE]);
  });

  test('a time-out that comes early changes nothing', () => {
    const rig = new Rig().run(2999);
    rig.handle({ type: 'timeout' });
    expect(rig.sent).toHaveLength(1);
  });
});

describe('a connection id', () => {
  const connection = { id: new Uint8Array(8).fill(5), receivedAt: 1000 - CONNECTION_LIFE_MS + 1 };

  test('of an earlier announce saves the round trip while it is young enough', () => {
    const rig = new Rig({ connection }).announced(1);
    expect(rig.sent).toEqual(['0 announce 1']);
    expect(rig.usedIds).toEqual([5]);
    expect(rig.results).toMatchObject([DONE]);
    expect(rig.connections).toEqual([]);
  });

  test('that is a minute old is not used', () => {
    const old = { ...connection, receivedAt: 1000 - CONNECTION_LIFE_MS };
    expect(new Rig({ connection: old }).sent).toEqual(['0 connect 1']);
  });

  test('that the tracker has forgotten is asked for anew, once: after an error', () => {
    const rig = new Rig({ connection }).error(1, 'Connection ID missmatch.');
    expect(rig.results).toEqual([]);
    rig.connected(2).error(3);
    expect(rig.sent).toEqual(['0 announce 1', '0 connect 2', '0 announce 3']);
    expect(rig.usedIds).toEqual([5, 7]);
    expect(rig.results).toMatchObject([REFUSED]);
  });

  test('and after silence', () => {
    const rig = new Rig({ connection }).run(3000).connected(2).announced(3);
    expect(rig.sent).toEqual(['0 announce 1', '3000 connect 2', '3000 announce 3']);
    expect(rig.results).toMatchObject([DONE]);
  });

  test('that grows old while announces are lost is renewed with the next one', () => {
    const rig = new Rig({ timeoutMs: 200_000 }).connected(1).run(100_000);
    expect(rig.sent.slice(1)).toEqual([
      '0 announce 2',
      '3000 announce 2',
      '9000 announce 2',
      '21000 announce 2',
      '45000 announce 2',
      '93000 connect 3',
      '96000 connect 3',
    ]);
    rig.connected(3, 8).announced(4);
    expect(rig.usedIds.at(-1)).toBe(8);
    expect(rig.results).toMatchObject([DONE]);
  });
});

describe('datagrams that are no answer', () => {
  const WRONG: [string, (rig: Rig) => void][] = [
    ['nothing', (rig) => rig.receive([])],
    ['garbage', (rig) => rig.receive(Array.from({ length: 500 }, (_, index) => index % 256))],
    ['another transaction', (rig) => rig.connected(99)],
    ['an error of another transaction', (rig) => rig.error(99)],
    ['a short one', (rig) => rig.receive([...word(0), ...word(1), 1, 2, 3])],
    ['the other action', (rig) => rig.announced(1)],
    ['a scrape', (rig) => rig.receive([...word(2), ...word(1), ...Array<number>(12).fill(0)])],
    ['another port', (rig) => rig.receive([...word(3), ...word(1)], addressAt('10.0.0.9', 6970))],
    ['another host', (rig) => rig.receive([...word(0), ...word(1), ...word(1), ...word(1)], addressAt('10.0.0.8', 6969))],
  ];

  test.each(WRONG)('%s is counted and changes nothing', (_, send) => {
    const rig = new Rig();
    const due = rig.exchange.nextTimeout();
    send(rig);
    expect(rig.exchange.ignored).toBe(1);
    expect(rig.exchange.nextTimeout()).toBe(due);
    expect(rig.sent).toHaveLength(1);
    rig.connected(1).connected(1).connected(2).announced(2);
    expect(rig.exchange.ignored).toBe(3);
    expect(rig.results).toMatchObject([DONE]);
  });

  test('are told of where nothing else came', () => {
    const rig = new Rig().receive([1]).receive([2]).run(60_000);
    expect(rig.results).toMatchObject([{ error: { message: 'no answer in time, only 2 datagrams that are none' } }]);
  });
});

describe('a scrape', () => {
  const question = { type: 'scrape', infoHash: new Uint8Array(20).fill(3) } as const;
  const scraped = (transaction: number): number[] => [
    ...word(2),
    ...word(transaction),
    ...word(5),
    ...word(700),
    ...word(2 ** 32 - 1),
  ];
  const COUNTS = { type: 'done', answer: { type: 'scraped', counts: { seeds: 5, completed: 700, leechers: null } } };

  test('goes the same way: connect, ask, repeat, end', () => {
    const rig = new Rig({ question }).connected(1, 9).run(3000).announced(2).receive(scraped(2));
    expect(rig.sent).toEqual(['0 connect 1', '0 connect 2', '3000 connect 2']);
    expect(rig.results).toMatchObject([COUNTS]);
    expect(rig.exchange.ignored).toBe(1);
  });

  test('with a connection id of an announce', () => {
    const rig = new Rig({ question, connection: { id: new Uint8Array(8).fill(5), receivedAt: 999 } }).receive(scraped(1));
    expect(rig.results).toMatchObject([COUNTS]);
  });

  test('is no answer to an announce, and an error ends it', () => {
    expect(new Rig().connected(1).receive(scraped(2)).results).toEqual([]);
    expect(new Rig({ question }).connected(1).error(2).results).toMatchObject([REFUSED]);
    expect(() => new Rig({ question: { ...question, infoHash: new Uint8Array(19) } })).toThrow(/20 bytes/);
  });
});

test('an error ends it, while connecting too, in words that can be printed', () => {
  expect(new Rig().error(1).results).toMatchObject([REFUSED]);
  const rig = new Rig().connected(1).error(2, `no\n\u001B${'x'.repeat(1000)}`);
  expect(rig.results).toMatchObject([{ error: { code: 'failure_reason', message: `no ${'x'.repeat(196)}…` } }]);
});
