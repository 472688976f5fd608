// The loop of one torrent: events go in one at a time, actions come out and are executed, and one timer follows the session's
// next timeout. An event that an action causes waits its turn. The one place where an error of ours is caught: it ends the loop.

import type { Millis } from '../model/time.js';
import type { SessionAction } from '../session/actions.js';
import type { SessionEvent } from '../session/events.js';
import type { Session } from '../session/session.js';
import type { LoopClock } from './loop-clock.js';

export interface SessionLoopHandler {
  execute(action: SessionAction): void;
  /** Something threw: the session must not be used any more. Comes once. */
  onCrash(error: unknown): void;
}

export class SessionLoop {
  readonly session: Session;
  readonly #clock: LoopClock;
  readonly #handler: SessionLoopHandler;
  readonly #waiting: SessionEvent[] = [];
  #isRunning = false;
  #isEnded = false;
  #hasCrashed = false;
  #timer: NodeJS.Timeout | null = null;
  #dueAt: Millis | null = null;
  #isTurnEndScheduled = false;

  constructor(session: Session, clock: LoopClock, handler: SessionLoopHandler) {
    this.session = session;
    this.#clock = clock;
    this.#handler = handler;
  }

  get now(): Millis {
    return this.#clock.now(this.#dueAt);
  }

  /** An event is being handled: what is dispatched now comes after it. */
  get isBusy(): boolean {
    return this.#isRunning;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The session threw and may be half changed: it is not even to be looked at. */
  get hasCrashed(): boolean {
    return this.#hasCrashed;
  }

  /** Handles the event, now or after the one being handled. Ignored once the loop has ended. */
  dispatch(event: SessionEvent): void {
    if (this.#isEnded) return;
    if (this.#isRunning) {
      this.#waiting.push(event);
      return;
    }
    this.#isRunning = true;
    try {
      this.#handle(event);
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#handle(next);
    } catch (error) {
      this.crash(error);
    } finally {
      this.#isRunning = false;
    }
    this.#scheduleTurnEnd();
  }

  /** Treats an error met elsewhere in this torrent's work as one of the loop. */
  crash(error: unknown): void {
    if (this.#isEnded) return;
    this.#hasCrashed = true;
    this.end();
    this.#handler.onCrash(error);
  }

  /** No event is handled after this. */
  end(): void {
    this.#isEnded = true;
    this.#waiting.length = 0;
    this.#clearTimer();
  }

  #handle(event: SessionEvent): void {
    for (const action of this.session.handle(event, this.now)) {
      if (this.#isEnded) return;
      this.#handler.execute(action);
    }
  }

  /** Many events share a turn of Node's loop: the timer is looked at once, at its end. */
  #scheduleTurnEnd(): void {
    if (this.#isTurnEndScheduled || this.#isEnded) return;
    this.#isTurnEndScheduled = true;
    queueMicrotask(() => {
      this.#isTurnEndScheduled = false;
      if (!this.#isEnded) this.#armTimer();
    });
  }

  #armTimer(): void {
    const next = this.session.nextTimeout();
    if (next === this.#dueAt) return;
    this.#clearTimer();
    if (next === null) return;
    const delayMs = Math.min(2 ** 31 - 1, Math.max(0, Math.ceil(next - this.now)));
    this.#dueAt = next;
    this.#timer = setTimeout(() => {
      // `now` is asked while the timer still counts as due: that is how a sleep is noticed.
      const isDue = this.now >= next;
      this.#timer = null;
      this.#dueAt = null;
      if (isDue) this.dispatch({ type: 'timeout' });
      else this.#armTimer();
    }, delayMs);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#dueAt = null;
  }
}
