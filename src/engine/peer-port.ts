// A peer's connection as the engine uses it: a real one, or a library user's `send`. Knows nothing of sessions.
// So that uploads, notices and limits are the same for both.

import type { DisconnectReason } from '../session/disconnect-reason.js';
import type { Message } from '../wire/message.js';

export interface PeerPort {
  send(message: Message): void;
  /** A `piece` message; the bytes are not copied and stay as they are. */
  sendBlock(piece: number, begin: number, block: Uint8Array): void;
  /** Whether more payload should be given to it now. */
  readonly isWritable: boolean;
  close(reason: DisconnectReason): void;
}
