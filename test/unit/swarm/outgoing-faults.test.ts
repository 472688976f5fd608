// What each fault does to the bytes of a session, message by message: nothing else is touched, and the same seed does the same.

import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/model/random.js';
import { OutgoingFaults } from '../../../src/swarm/outgoing-faults.js';
import type { WireFaults } from '../../../src/swarm/wire-faults.js';
import { encodeHandshake } from '../../../src/wire/handshake.js';
import { encodeMessage } from '../../../src/wire/message-encoder.js';
import { PIECE_HEAD_BYTES } from '../../../src/wire/message-id.js';

const BLOCK = 1000;

function handshake(fast = true): Uint8Array {
  return encodeHandshake({
    infoHash: new Uint8Array(20),
    peerId: new Uint8Array(20),
    features: { fast, extended: true, dht: false },
  });
}

function piece(index: number): Uint8Array {
  const bytes = new Uint8Array(PIECE_HEAD_BYTES + BLOCK).fill(0xaa);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 9 + BLOCK);
  bytes[4] = 7;
  view.setUint32(5, index);
  view.setUint32(9, 16_384);
  return bytes;
}

/** Greeted: what it says from now on is messages. */
function open(faults: WireFaults, seed = 1, fast = true): OutgoingFaults {
  const outgoing = new OutgoingFaults(faults, createRandom(seed));
  expect(outgoing.filter([handshake(fast)]).parts).toEqual([handshake(fast)]);
  outgoing.hearHandshake(handshake(fast));
  return outgoing;
}

const blocks = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => piece(i));
const wrongBytes = (part: Uint8Array): number =>
  part.filter((byte, i) => byte !== piece(new DataView(part.buffer, part.byteOffset).getUint32(5))[i]).length;

describe('corrupt', () => {
  test('a share of the blocks has one wrong byte behind its head, and what was lent is not changed', () => {
    const lent = blocks(300);
    const { parts, isCut } = open({ corruptShare: 0.1 }).filter(lent);
    expect(parts).toHaveLength(300);
    const wrong = parts.map(wrongBytes);
    expect(new Set(wrong)).toEqual(new Set([0, 1]));
    const share = wrong.filter((count) => count === 1).length;
    expect(share).toBeGreaterThan(15);
    expect(share).toBeLessThan(50);
    for (const [i, part] of parts.entries())
      expect(part.subarray(0, PIECE_HEAD_BYTES)).toEqual(piece(i).subarray(0, PIECE_HEAD_BYTES));
    expect(lent).toEqual(blocks(300));
    expect(isCut).toBe(false);
  });

  test('the same seed hits the same blocks, another one others', () => {
    const hit = (seed: number): number[] => open({ corruptShare: 0.3 }, seed).filter(blocks(50)).parts.map(wrongBytes);
    expect(hit(3)).toEqual(hit(3));
    expect(hit(3)).not.toEqual(hit(4));
  });
});

describe('drop', () => {
  test('a share of the blocks never leaves; other messages do', () => {
    const outgoing = open({ dropShare: 0.5 }, 2);
    const have = encodeMessage({ type: 'have', piece: 3 });
    // Of the connections as many are cut: this one is not.
    const { parts, isCut } = outgoing.filter([...blocks(200), have]);
    expect(isCut).toBe(false);
    expect(parts.length).toBeGreaterThan(60);
    expect(parts.length).toBeLessThan(140);
    expect(parts.at(-1)).toEqual(have);
  });

  test('a connection is cut after some blocks: what is behind them never leaves', () => {
    const cut = Array.from({ length: 100 }, (_, seed) => open({ dropShare: 0.25 }, seed).filter(blocks(100))).filter(
      ({ isCut }) => isCut,
    );
    expect(cut.length).toBeGreaterThan(10);
    expect(cut.length).toBeLessThan(40);
    for (const { parts } of cut) expect(parts.length).toBeLessThanOrEqual(32);
  });
});

describe('choke', () => {
  const unchoke = encodeMessage({ type: 'unchoke' });
  const choke = encodeMessage({ type: 'choke' });

  test('nobody is unchoked, nothing is allowed fast, and what is sent all the same is rejected', () => {
    const outgoing = open({ chokeShare: 1 });
    expect(outgoing.filter([unchoke, encodeMessage({ type: 'allowed-fast', piece: 1 })]).parts).toEqual([]);
    const reject = encodeMessage({ type: 'reject', piece: 5, begin: 16_384, length: BLOCK });
    expect(outgoing.filter([piece(5)]).parts).toEqual([reject]);
  });

  test('without BEP 6 there is no reject', () => {
    expect(open({ chokeShare: 1 }, 1, false).filter([piece(5)]).parts).toEqual([]);
  });

  test('for a share of time: the unchoke comes when that is over, and a choke when it begins again', () => {
    const outgoing = open({ chokeShare: 0.5 });
    expect(outgoing.filter([unchoke]).parts).toEqual([]);
    expect(outgoing.holdBack(true)).toBeNull();
    expect(outgoing.holdBack(false)).toEqual(unchoke);
    expect(outgoing.filter([piece(1)]).parts).toEqual([piece(1)]);
    expect(outgoing.holdBack(true)).toEqual(choke);
    expect(outgoing.filter([choke]).parts).toEqual([]);
    expect(outgoing.holdBack(false)).toBeNull();
  });
});

test('what never leaves is told, and nothing else', () => {
  for (const [faults, isAll] of [
    [{ corruptShare: 1 }, false],
    [{ dropShare: 0.5 }, false],
    [{ chokeShare: 1 }, true],
  ] as const) {
    let withheld = 0;
    const outgoing = new OutgoingFaults(faults, createRandom(4), (bytes) => (withheld += bytes));
    outgoing.filter([handshake()]);
    const sent = outgoing.filter(blocks(20)).parts.filter((part) => part[4] === 7).length;
    const judged = isAll ? 20 : 20 - blocksAfterCut(faults);
    expect(withheld).toBe((judged - sent) * BLOCK);
  }
});

/** Of 20 blocks, those that nobody judges: the connection is cut before them. */
function blocksAfterCut(faults: WireFaults): number {
  const probe = new OutgoingFaults(faults, createRandom(4));
  probe.filter([handshake()]);
  let judged = 0;
  while (judged < 20 && !probe.filter([piece(judged)]).isCut) judged++;
  return judged === 20 ? 0 : 19 - judged;
}
