// What a remote peer did wrong on the wire. Thrown by the codecs, caught where the bytes came in; it ends
// that connection and never reaches the user as an error.

import { EffusionError } from '../model/error.js';

export type WireErrorCode =
  | 'malformed_handshake'
  | 'bad_encryption_handshake'
  | 'unencrypted'
  | 'info_hash_mismatch'
  | 'peer_id_mismatch'
  | 'message_too_long'
  | 'bad_length'
  | 'bad_extended_handshake'
  | 'bad_metadata_message'
  | 'bad_pex_message'
  | 'bad_donthave_message'
  | 'bad_upload_only_message'
  | 'unknown_message';

export class WireError extends EffusionError<{ reason: WireErrorCode } & Record<string, unknown>> {
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string, detail: Record<string, unknown> = {}) {
    super(message, { ...detail, reason: code });
    this.code = code;
  }
}
