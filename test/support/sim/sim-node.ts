// What the world knows of a participant, be it a real Session with its disk or a scripted peer.

import type { Address } from '../../../src/model/address.js';
import type { PeerId } from '../../../src/model/ids.js';
import type { DisconnectReason } from '../../../src/session/disconnect-reason.js';
import type { PeerFeatures } from '../../../src/wire/handshake.js';
import type { Message } from '../../../src/wire/message.js';
import type { EncryptionPolicy } from '../../../src/wire/mse/encryption-policy.js';
import type { BlockMessage, SimLink } from './sim-link.js';
import type { Uplink } from './uplink.js';

export interface SimNode {
  readonly name: string;
  readonly address: Address;
  readonly peerId: PeerId;
  readonly features: PeerFeatures;
  readonly uplink: Uplink;
  /** One way, to and from the middle of the network. */
  readonly latencyMs: number;
  /** It accepts connections. */
  readonly isListening: boolean;
  /** It still runs. */
  readonly isUp: boolean;
  /** Which connections it accepts: `off` plain ones, `require` encrypted ones, `prefer` both. */
  readonly encryption: EncryptionPolicy;
  /** It sends no bad data. */
  readonly isHonest: boolean;
  onConnected(link: SimLink): void;
  onMessage(link: SimLink, message: Message): void;
  /** A block's first byte is here; `token.isWanted` may be cleared for its end. */
  onBlockStart(link: SimLink, block: BlockMessage, token: { isWanted: boolean }): void;
  onBlockEnd(link: SimLink, block: BlockMessage, token: { isWanted: boolean }): void;
  onClosed(link: SimLink, reason: DisconnectReason): void;
}
