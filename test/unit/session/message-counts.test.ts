// Row N3: messages are counted by their type, in and out, in the snapshot of a session; and what a peer sent when it is closed for a bad
// message is told with its bytes (row W11), whichever message it was.

import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import { OUR_PEX_ID } from '../../../src/session/extension-ids.js';
import type { Message } from '../../../src/wire/message.js';
import { BLOCK, SessionDriver } from '../../support/session-driver.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const PEX_ID = 7;

test('N3: each type of message counts once, in and out, of peers that have gone too', () => {
  const driver = new SessionDriver(4);
  const seed = driver.connect(1);
  const nothing = driver.session.snapshot(0).messages.received;
  expect(Object.values(nothing).every((count) => count === 0)).toBe(true);
  const said: Message[] = [
    { type: 'keep-alive' },
    { type: 'extended', id: 0, payload: bytes(`d1:md6:ut_pexi${PEX_ID}eee`) },
    { type: 'extended', id: OUR_PEX_ID, payload: bytes('de') },
    { type: 'extended', id: 99, payload: bytes('x') },
    { type: 'have-all' },
    { type: 'unchoke' },
    { type: 'suggest', piece: 1 },
    { type: 'allowed-fast', piece: 1 },
    { type: 'interested' },
    { type: 'port', port: 1 },
    { type: 'unknown', id: 77, length: 3 },
    { type: 'choke' },
    { type: 'unchoke' },
  ];
  for (const message of said) driver.say(seed, message);
  driver.deliver(seed, driver.asked(seed)[0]);
  driver.handle({ type: 'block-unexpected', peer: seed, piece: 3, begin: 0, length: BLOCK });
  driver.handle({ type: 'peer-disconnected', peer: seed, reason: 'closed-by-peer' });
  const { received, sent } = driver.session.snapshot(driver.now).messages;
  expect(received).toEqual({
    ...nothing,
    'keep-alive': 1,
    extended: 2,
    pex: 1,
    'have-all': 1,
    unchoke: 2,
    choke: 1,
    suggest: 1,
    'allowed-fast': 1,
    interested: 1,
    port: 1,
    unknown: 1,
    piece: 2,
  });
  const out = driver.actions.flatMap((action) => (action.type === 'send' ? [action.message.type] : []));
  for (const type of ['interested', 'request', 'extended', 'have-none'] as const) {
    expect(sent[type], type).toBe(out.filter((one) => one === type).length);
  }
  expect(Object.values(sent).reduce((sum, count) => sum + count, 0)).toBe(out.length);
});

test('N3: peer exchange and blocks that are sent count as such', () => {
  const driver = new SessionDriver(2, { have: Bitfield.full(2), seeds: true });
  const peer = driver.connect(1);
  const other = driver.connect(2);
  for (const one of [peer, other]) {
    driver.say(one, { type: 'have-none' });
    driver.say(one, { type: 'extended', id: 0, payload: bytes(`d1:md6:ut_pexi${PEX_ID}eee`) });
  }
  driver.pass(5000);
  driver.handle({ type: 'block-settled', peer, length: BLOCK, sent: true });
  driver.handle({ type: 'block-settled', peer, length: BLOCK, sent: false });
  const { sent } = driver.session.snapshot(driver.now).messages;
  expect(sent.pex).toBe(2);
  expect(sent.extended).toBe(driver.sent(peer, 'extended').length + driver.sent(other, 'extended').length - 2);
  expect(sent.piece).toBe(1);
});

describe('W11: a message that cannot be read, or is not allowed, ends its connection alone, and its bytes are told', () => {
  test.each<[string, Message, string]>([
    ['a piece that is not there', { type: 'have', piece: 4 }, '000000050400000004'],
    ['a field that does not fit', { type: 'bitfield', bytes: Uint8Array.of(0xff, 0) }, '0000000305ff00'],
    ['an extended handshake', { type: 'extended', id: 0, payload: bytes('no') }, '0000000414006e6f'],
    ['peer exchange', { type: 'extended', id: OUR_PEX_ID, payload: bytes('no') }, '0000000414026e6f'],
    ['a long one, cut', { type: 'bitfield', bytes: new Uint8Array(500) }, `000001f505${'00'.repeat(27)}`],
  ])('%s', (_, message, hex) => {
    const driver = new SessionDriver(4);
    const [bad, good] = [driver.connect(1), driver.connect(2)];
    const actions = driver.say(bad, message);
    expect(actions).toContainEqual({
      type: 'notice',
      notice: { type: 'bad-message', address: expect.anything() as never, bytes: hex },
    });
    expect(driver.disconnects()).toEqual([`${bad} protocol-error`]);
    expect(driver.session.hasPeer(good)).toBe(true);
  });

  test('an end of another kind tells nothing', () => {
    const driver = new SessionDriver(1, { have: Bitfield.full(1), seeds: true });
    driver.say(driver.connect(1), { type: 'have-all' });
    expect(driver.disconnects()).toHaveLength(1);
    expect(driver.noticed('bad-message')).toBe(0);
  });
});
