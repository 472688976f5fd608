// Failures that only the command line knows: the torrent file that is not there, the time that is up, the data that is
// not whole. The code decides the exit code (exit-codes.ts).

import { EffusionError } from '../model/error.js';

export type CommandErrorCode =
  | 'torrent_unreadable'
  | 'no_metadata'
  | 'no_peers'
  | 'timed_out'
  | 'network_failed'
  | 'stalled'
  | 'sources_exhausted'
  | 'data_incomplete'
  | 'checksum_mismatch'
  | 'output_failed'
  | 'name_taken'
  | 'port_taken'
  | 'hook_failed'
  | 'session_crashed';

export class CommandError extends EffusionError<{ hint: string }> {
  readonly code: CommandErrorCode;

  /** `message`: what and why, without a full stop; `hint`: what to do, a whole sentence; where it is empty that of its code (error-advice.ts). */
  constructor(code: CommandErrorCode, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, { hint }, options);
    this.code = code;
  }
}
