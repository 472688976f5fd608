// How a session can refuse to start, end badly, or refuse a call: each with its own class and stable code, so that a script
// tells them apart by the exit code and a library user by `instanceof`.

import { EffusionError } from '../model/error.js';
import type { MinSpeed } from './speed-floor.js';

/** A bug of ours ended the session; `cause` is what was thrown. Exit 1. */
export class SessionCrashedError extends EffusionError<{ infoHash: string }> {
  readonly code = 'session_crashed';
}

/** No peer ever answered within the time allowed. Exit 5. */
export class NoPeersError extends EffusionError<{ timeoutMs: number; explanation: string }> {
  readonly code = 'no_peers';
}

/** The metadata of a magnet link did not come within the time allowed. Exit 4. */
export class NoMetadataError extends EffusionError<{ timeoutMs: number; explanation: string }> {
  readonly code = 'no_metadata';
}

/** Peers answered, and then no payload came for the time allowed, or with `minSpeed` less than that over its time. Exit 7. */
export class StalledError extends EffusionError<{
  timeoutMs: number;
  explanation: string;
  bytesPerSecond?: number;
  minSpeed?: MinSpeed;
}> {
  readonly code = 'stalled';
}

/** Every source of a missing piece was banned for bad data. Exit 10. */
export class SourcesExhaustedError extends EffusionError<{ piece: number; files: readonly string[]; banned: readonly string[] }> {
  readonly code = 'sources_exhausted';
}

/** What was to be served is not whole. Exit 10. */
export class IncompleteDataError extends EffusionError<{ havePieces: number; pieceCount: number }> {
  readonly code = 'data_incomplete';
}

/** The torrent has no session here, or it has ended. */
export class NotRunningError extends EffusionError<{ infoHash: string }> {
  readonly code = 'not_running';
}

/** The client has a session of this info hash already: one is enough, and two would fight over the files. */
export class AlreadyStartedError extends EffusionError<{ infoHash: string }> {
  readonly code = 'already_started';
}

/** An argument that can't be: thrown before anything is opened. */
export class InvalidArgumentError extends EffusionError<{ argument: string }> {
  readonly code = 'invalid_argument';
}

/** No connection of this peer id is registered. */
export class UnknownPeerError extends EffusionError<{ peerId: string }> {
  readonly code = 'unknown_peer';
}

/** The peer id is our own: a connection to ourselves. */
export class SelfConnectionError extends EffusionError<{ peerId: string }> {
  readonly code = 'self_connection';
}

/** A connection of this peer id is registered already. */
export class DuplicatePeerError extends EffusionError<{ peerId: string }> {
  readonly code = 'duplicate_peer';
}

/** The peer's message, or its data, ended it; `reason` is a DisconnectReason. */
export class PeerEndedError extends EffusionError<{ peerId: string; reason: string }> {
  readonly code = 'peer_ended';
}
