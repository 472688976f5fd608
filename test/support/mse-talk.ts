// Both ends of an encryption handshake without sockets: bytes carried from one machine to the other in any chunking, and what comes
// of it. Chance is seeded.

import { sha1 } from '../../src/hash/digest.js';
import { toHex } from '../../src/model/ids.js';
import { createRandom } from '../../src/model/random.js';
import type { EncryptionPolicy } from '../../src/wire/mse/encryption-policy.js';
import { MseInitiator } from '../../src/wire/mse/mse-initiator.js';
import { torrentMark } from '../../src/wire/mse/mse-keys.js';
import { MseResponder } from '../../src/wire/mse/mse-responder.js';
import type { MseMachine, RandomBytes } from '../../src/wire/mse/mse-terms.js';

export const INFO_HASH: Uint8Array = sha1(Uint8Array.of(1, 2, 3));

export function seededBytes(seed: number): RandomBytes {
  const random = createRandom(seed);
  return (count) => Uint8Array.from({ length: count }, () => random.below(256));
}

export interface InitiatorSetup {
  readonly policy?: EncryptionPolicy;
  readonly seed?: number;
  readonly payload?: Uint8Array;
  readonly infoHash?: Uint8Array;
  readonly randomBytes?: RandomBytes;
}

export function makeInitiator(setup: InitiatorSetup = {}): MseInitiator {
  const { policy = 'prefer', seed = 1, payload = new Uint8Array(68).fill(7), infoHash = INFO_HASH } = setup;
  return new MseInitiator({ policy, payload, infoHash, randomBytes: setup.randomBytes ?? seededBytes(seed) });
}

export function makeResponder(
  policy: EncryptionPolicy = 'prefer',
  seed = 2,
  torrents: readonly Uint8Array[] = [INFO_HASH],
): MseResponder {
  const marks = new Map(torrents.map((infoHash) => [toHex(torrentMark(infoHash)), infoHash]));
  return new MseResponder({ policy, randomBytes: seededBytes(seed), findTorrent: (mark) => marks.get(toHex(mark)) ?? null });
}

/** What each side received beyond its handshake, still as it came. */
export interface Talk {
  readonly atInitiator: Uint8Array;
  readonly atResponder: Uint8Array;
}

/**
 * Carries bytes until neither says anything. `chunks`: lengths of deliveries, used in turn. Each chunk is overwritten after it was
 * delivered, as a socket's buffer is.
 */
export function talk(initiator: MseMachine, responder: MseMachine, chunks: readonly number[] = [64]): Talk {
  const rest: [number[], number[]] = [[], []];
  const ends = [initiator, responder] as const;
  let turn = 0;
  for (let from = 0, silent = 0; silent < 2; from = 1 - from) {
    const output = ends[from].takeOutput();
    silent = output === null ? silent + 1 : 0;
    for (let at = 0; at < (output?.length ?? 0);) {
      const length = Math.max(1, chunks[turn++ % chunks.length]);
      const chunk = (output ?? new Uint8Array()).slice(at, at + length);
      const used = ends[1 - from].push(chunk, 0, chunk.length);
      rest[1 - from].push(...chunk.subarray(used));
      chunk.fill(0xdb);
      at += length;
    }
  }
  return { atInitiator: Uint8Array.from(rest[0]), atResponder: Uint8Array.from(rest[1]) };
}
