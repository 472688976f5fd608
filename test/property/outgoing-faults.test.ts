// However the bytes of a session are cut into writes, its faults are the same; without faults they leave as they came.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../src/model/random.js';
import { OutgoingFaults } from '../../src/swarm/outgoing-faults.js';
import type { WireFaults } from '../../src/swarm/wire-faults.js';
import { HANDSHAKE_BYTES } from '../../src/wire/handshake.js';

/** A length, an id and a body: of any kind that a session may send. */
const message = fc.record({ id: fc.constantFrom(0, 1, 4, 7, 17, 20), body: fc.uint8Array({ minLength: 9, maxLength: 60 }) });
const cuts = fc.array(fc.nat(2000), { maxLength: 20 });

function stream(messages: readonly { id: number; body: Uint8Array }[]): Uint8Array {
  const handshake = new Uint8Array(HANDSHAKE_BYTES);
  const encoded = messages.map(({ id, body }) => {
    const bytes = new Uint8Array(5 + body.length);
    new DataView(bytes.buffer).setUint32(0, 1 + body.length);
    bytes[4] = id;
    bytes.set(body, 5);
    // A block has a byte at least.
    return id === 7 && body.length === 9 ? new Uint8Array(4) : bytes;
  });
  return Uint8Array.from([handshake, ...encoded].flatMap((part) => [...part]));
}

function send(bytes: Uint8Array, at: readonly number[], faults: WireFaults, seed: number): number[] {
  const outgoing = new OutgoingFaults(faults, createRandom(seed));
  const places = [...new Set([0, ...at.filter((place) => place < bytes.length), bytes.length])].toSorted((a, b) => a - b);
  const sent: number[] = [];
  for (const [i, from] of places.slice(0, -1).entries()) {
    const { parts, isCut } = outgoing.filter([bytes.subarray(from, places[i + 1])]);
    for (const part of parts) sent.push(...part);
    if (isCut) break;
  }
  return sent;
}

const share = fc.constantFrom(0, 0.2, 1);

test('the way it is cut makes no difference', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 30 }),
      cuts,
      fc.record({ corruptShare: share, dropShare: share, chokeShare: share }),
      fc.nat(),
      (messages, at, faults, seed) => {
        const bytes = stream(messages);
        const whole = send(bytes, [], faults, seed);
        const parts = send(bytes, at, faults, seed);
        expect(parts).toEqual(whole);
      },
    ),
  );
});

test('without faults everything leaves as it came', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), cuts, (messages, at) => {
      const bytes = stream(messages);
      expect(send(bytes, at, {}, 1)).toEqual([...bytes]);
    }),
  );
});
