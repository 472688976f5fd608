// The loop of one torrent's session: what turns in it, and under which name. How it turns is in machine-loop.ts, which the fetch
// of a magnet link's metadata turns in too.

import type { SessionAction } from '../session/actions.js';
import type { SessionEvent } from '../session/events.js';
import type { Session } from '../session/session.js';
import { MachineLoop } from './machine-loop.js';

export class SessionLoop extends MachineLoop<SessionEvent, SessionAction, Session> {
  get session(): Session {
    return this.machine;
  }
}
