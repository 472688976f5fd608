// A wish for a new torrent that can't be met, such as a piece length that is no power of two. Whoever asked is at fault:
// the command makes a usage error of it.

import { EffusionError } from '../model/error.js';

/** `option` is the name in CreateOptions. */
export class CreateOptionError extends EffusionError<{ option: string }> {
  readonly code = 'invalid_option';
}
