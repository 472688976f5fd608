// The user asked for something that cannot be done as asked: one line, what to do instead, exit 2. Thrown by the parsers of
// options and by commands, before anything is opened.

import { EffusionError } from '../model/error.js';

export class UsageError extends EffusionError<{ hint: string }> {
  readonly code = 'usage_error';

  /** `message`: what and why, without a full stop; `hint`: what to do, a whole sentence. */
  constructor(message: string, hint: string) {
    super(message, { hint });
  }
}
