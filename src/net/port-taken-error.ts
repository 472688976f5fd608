// The port that the user named cannot be listened on: another program has it, or the system does not let us.
// Carries the number and the system's word for it; the cli ends with exit code 8.

import { EffusionError } from '../model/error.js';

export class PortTakenError extends EffusionError<{ port: number; errno: string }> {
  readonly code = 'port_taken';

  constructor(port: number, errno: string, options?: { cause?: unknown }) {
    super(`port ${port} cannot be listened on (${errno})`, { port, errno }, options);
  }
}
