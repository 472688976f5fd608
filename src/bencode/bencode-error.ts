// What is wrong with bytes that should be bencode (BEP 3), and where. Whoever decodes turns it into an error of his own:
// it is the torrent's fault, the tracker's or a peer's, which this folder can't know.

import { EffusionError } from '../model/error.js';

/** `offset`: of the byte at which it was noticed. `reason`: for people, in English, without bytes from the input. */
export class BencodeError extends EffusionError<{ offset: number; reason: string }> {
  readonly code = 'invalid_bencode';

  constructor(reason: string, offset: number) {
    super(`invalid bencode at byte ${offset}: ${reason}`, { offset, reason });
  }
}
