// A peer's connection as the engine uses it: a real one, or a library user's `send`. Knows nothing of sessions.
// So that uploads, notices and limits are the same for both.

import type { DisconnectReason } from '../session/disconnect-reason.js';
import type { Message } from '../wire/message.js';

export interface PeerPort {
  send(message: Message): void;
  /** A `piece` message; the bytes are not copied: they must stay as they are while it counts among what is unsent. */
  sendBlock(piece: number, begin: number, block: Uint8Array): void;
  /** All bytes it was ever given to send. */
  readonly givenBytes: number;
  /** The last of them that it still holds. */
  readonly unsentBytes: number;
  /** Whether more payload should be given to it now. */
  readonly isWritable: boolean;
  close(reason: DisconnectReason): void;
}
