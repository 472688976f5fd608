// Whatever a datagram holds, our UDP tracker reads an announce whose numbers are sound, or none.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_UDP_PEERS, readUdpAnnounce } from '../../src/swarm/udp-announce.js';

test('any bytes are an announce or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom('127.0.0.1', '::1', 'no address'), (packet, host) => {
      const announce = readUdpAnnounce(packet, host);
      if (announce === null) return;
      expect(packet.length).toBeGreaterThanOrEqual(98);
      expect(announce.infoHash).toMatch(/^[0-9a-f]{40}$/);
      expect(announce.peerId).toHaveLength(20);
      expect(announce.address.port).toBeGreaterThan(0);
      expect(announce.numwant).toBeGreaterThanOrEqual(0);
      expect(announce.left).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('an announce of BEP 15 is read as it was meant', () => {
  const packet = new Uint8Array(98);
  const view = new DataView(packet.buffer);
  packet.fill(0xab, 16, 36);
  packet.fill(0x2d, 36, 56);
  view.setBigUint64(56, 7n);
  view.setBigUint64(64, 8n);
  view.setBigUint64(72, 9n);
  view.setUint32(80, 1);
  view.setInt32(92, -1);
  view.setUint16(96, 6881);
  const announce = readUdpAnnounce(packet, '203.0.113.9');
  expect(announce).toMatchObject({
    infoHash: 'ab'.repeat(20),
    downloaded: 7,
    left: 8,
    uploaded: 9,
    event: 'completed',
    numwant: MAX_UDP_PEERS,
  });
  expect(announce?.address).toMatchObject({ host: '203.0.113.9', port: 6881 });
  view.setUint32(80, 4);
  expect(readUdpAnnounce(packet, '203.0.113.9')).toBeNull();
});
