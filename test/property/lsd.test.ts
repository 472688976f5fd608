import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLsdAnnounce, encodeLsdAnnounce } from '../../src/discovery/lsd/protocol/lsd-message.js';

const hash = fc.uint8Array({ minLength: 20, maxLength: 20 });

test('what was written is read', () => {
  const announce = fc.record({
    port: fc.integer({ min: 1, max: 65_535 }),
    infoHashes: fc.array(hash, { minLength: 1, maxLength: 20 }),
    cookie: fc.option(fc.stringMatching(/^[!-~]{1,40}$/)),
  });
  fc.assert(
    fc.property(announce, (written) => {
      expect(decodeLsdAnnounce(encodeLsdAnnounce('[ff15::efc0:988f]:6771', written))).toEqual(written);
    }),
  );
});

test('garbage, and announces with some bytes changed, are an announce within bounds or null', () => {
  const good = encodeLsdAnnounce('239.192.152.143:6771', { port: 6881, infoHashes: [new Uint8Array(20)], cookie: 'c' });
  const changed = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 })
    .map((changes) => changes.reduce((bytes, [at, value]) => bytes.with(at, value), good));
  let readable = 0;
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 2000 }), changed), (bytes) => {
      const announce = decodeLsdAnnounce(bytes);
      if (announce === null) return;
      readable++;
      expect(announce.port).toBeGreaterThan(0);
      expect(announce.port).toBeLessThan(65_536);
      expect(announce.infoHashes.length).toBeGreaterThan(0);
      for (const infoHash of announce.infoHashes) expect(infoHash.length).toBe(20);
    }),
    { numRuns: 2000 },
  );
  expect(readable).toBeGreaterThan(0);
});
