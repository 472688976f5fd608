// The encryption handshake in any chunking comes to the same end, and any bytes give an outcome, a wait, or a WireError within the
// bounds of the specification: garbage, and true handshakes with bytes changed.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MseMachine } from '../../src/wire/mse/mse-terms.js';
import { WireError } from '../../src/wire/wire-error.js';
import { makeInitiator, makeResponder, seededBytes, talk } from '../support/mse-talk.js';

const policy = fc.constantFrom('prefer' as const, 'require' as const);
const chunks = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 });

/** Key, padding, and the longest that can follow: nothing is waited for beyond it. */
const MOST_BYTES = { initiator: 96 + 512 + 8 + 6 + 512, responder: 96 + 512 + 20 + 20 + 14 + 512 + 2 };

test('any chunking, any padding: the same outcome, and not a byte too many', () => {
  fc.assert(
    fc.property(
      policy,
      policy,
      fc.nat(),
      fc.nat(),
      chunks,
      fc.uint8Array({ maxLength: 200 }),
      (ours, theirs, a, b, lengths, payload) => {
        const initiator = makeInitiator({ policy: ours, seed: a, payload });
        const responder = makeResponder(theirs, b);
        const { atInitiator, atResponder } = talk(initiator, responder, lengths);
        const method = ours === 'prefer' && theirs === 'prefer' ? 'plaintext' : 'rc4';
        expect(initiator.outcome?.method).toBe(method);
        expect(responder.outcome).toMatchObject({ method, encryptedBytes: payload.length });
        expect(atInitiator).toHaveLength(0);
        responder.outcome?.decrypt.apply(atResponder, 0, atResponder.length, atResponder, 0);
        expect(atResponder).toEqual(payload);
      },
    ),
    { numRuns: 150 },
  );
});

/** Bytes taken by a machine that then is done, refuses, or waits. */
function feed(machine: MseMachine, stream: Uint8Array, length: number): number {
  let taken = 0;
  try {
    while (taken < stream.length && machine.outcome === null) {
      const used = machine.push(stream, taken, Math.min(stream.length, taken + length));
      expect(used).toBeGreaterThan(taken);
      taken = used;
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  return taken;
}

test('garbage is refused within bounds', () => {
  // By length and seed: arrays of fast-check are seldom long.
  const noises = fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.nat()).map(([length, seed]) => seededBytes(seed)(length));
  fc.assert(
    fc.property(fc.boolean(), policy, noises, fc.integer({ min: 1, max: 3000 }), (dials, ours, noise, length) => {
      const machine = dials ? makeInitiator({ policy: ours }) : makeResponder(ours);
      const most = dials ? MOST_BYTES.initiator : MOST_BYTES.responder;
      // One at a time shows where exactly it gives up.
      expect(feed(machine, noise, 1)).toBeLessThanOrEqual(most);
      const another = dials ? makeInitiator({ policy: ours }) : makeResponder(ours);
      if (noise.length > most) expect(() => another.push(noise, 0, noise.length)).toThrow(WireError);
      else expect(feed(another, noise, length)).toBeLessThanOrEqual(noise.length);
    }),
    { numRuns: 300 },
  );
});

test('a true handshake with bytes changed on its way ends in an outcome, a wait or a WireError', () => {
  const change = fc.record({ end: fc.integer({ min: 0, max: 1 }), at: fc.nat(1200), byte: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(), chunks, (changes, seed, lengths) => {
      const ends = [makeInitiator({ seed }), makeResponder('prefer', seed + 1)];
      const count = [0, 0];
      const tampered = (end: number): MseMachine => ({
        push: (chunk, from, to) => ends[end].push(chunk, from, to),
        takeOutput: () => {
          const output = ends[end].takeOutput();
          if (output === null) return null;
          for (const { end: whose, at, byte } of changes) {
            const place = at - count[end];
            if (whose === end && place >= 0 && place < output.length) output[place] ^= byte;
          }
          count[end] += output.length;
          return output;
        },
        outcome: null,
      });
      try {
        talk(tampered(0), tampered(1), lengths);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 300 },
  );
});
