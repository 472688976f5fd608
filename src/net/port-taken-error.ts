// The port that the user named, or each of a range, cannot be listened on: another program has it, or the system does not let us.
// Carries the number and the system's word for it; the cli ends with exit code 8.

import { EffusionError } from '../model/error.js';

export class PortTakenError extends EffusionError<{ port: number; lastPort: number; errno: string }> {
  readonly code = 'port_taken';

  constructor(port: number, errno: string, options?: { cause?: unknown; lastPort?: number }) {
    const lastPort = options?.lastPort ?? port;
    const which = lastPort > port ? `none of the ports ${port} to ${lastPort} can` : `port ${port} cannot`;
    super(`${which} be listened on (${errno})`, { port, lastPort, errno }, options);
  }
}
