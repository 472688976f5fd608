// The loop of one torrent's session. See machine-loop.ts for how it turns; this names what turns in it.

import type { SessionAction } from '../session/actions.js';
import type { SessionEvent } from '../session/events.js';
import type { Session } from '../session/session.js';
import { MachineLoop } from './machine-loop.js';

export class SessionLoop extends MachineLoop<SessionEvent, SessionAction, Session> {
  get session(): Session {
    return this.machine;
  }
}
