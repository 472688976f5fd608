// A transport whose links speak Message Stream Encryption, so that what holds for every transport can be asked of it too.

import { equalBytes } from '../../src/model/ids.js';
import { MseLink } from '../../src/net/mse-link.js';
import type { Transport } from '../../src/net/transport.js';
import type { EncryptionPolicy } from '../../src/wire/mse/encryption-policy.js';
import { torrentMark } from '../../src/wire/mse/mse-keys.js';
import { seededBytes } from './mse-talk.js';

/** Links are made over `below`; the dialling end is plain with `off`. Everything is of one torrent. */
export function encryptedTransport(
  below: Transport,
  infoHash: Uint8Array,
  dialled: EncryptionPolicy,
  accepted: EncryptionPolicy,
): Transport {
  const randomBytes = seededBytes(7);
  const findTorrent = (mark: Uint8Array): Uint8Array | null => (equalBytes(mark, torrentMark(infoHash)) ? infoHash : null);
  return {
    connect: (address, handler) =>
      below.connect(address, {
        onOpen: (link) =>
          handler.onOpen(dialled === 'off' ? link : MseLink.dialled(link, infoHash, { policy: dialled, randomBytes })),
        onFailed: (error) => handler.onFailed(error),
      }),
    listen: (options, onLink) =>
      below.listen(options, (link) => onLink(MseLink.accepted(link, { policy: accepted, randomBytes, findTorrent }))),
  };
}
