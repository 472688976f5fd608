// The loop around a deterministic machine: events go in one at a time, actions come out and are executed, and one timer follows the
// machine's next timeout. An event that an action causes waits its turn. The one place where an error of ours is caught: it ends the loop.

import type { Millis } from '../model/time.js';
import { atTurnEnd } from '../model/turn-end.js';
import type { LoopClock } from './loop-clock.js';

interface TimeoutEvent {
  readonly type: 'timeout';
}

/** A Session, or the fetch of a magnet's metadata: no socket, file or clock of its own. */
export interface Machine<Event, Action> {
  handle(event: Event | TimeoutEvent, now: Millis): readonly Action[];
  /** When `timeout` is due; null: only an event can change anything. */
  nextTimeout(): Millis | null;
}

export interface MachineLoopHandler<Action> {
  execute(action: Action): void;
  /** Something threw: the machine must not be used any more. Comes once. */
  onCrash(error: unknown): void;
}

export class MachineLoop<Event, Action, M extends Machine<Event, Action>> {
  readonly machine: M;
  readonly #clock: LoopClock;
  readonly #handler: MachineLoopHandler<Action>;
  readonly #waiting: (Event | TimeoutEvent)[] = [];
  #isRunning = false;
  #isEnded = false;
  #hasCrashed = false;
  #timer: NodeJS.Timeout | null = null;
  /** What the machine asked for, and when that timer can fire at the earliest. */
  #next: Millis | null = null;
  #dueAt: Millis | null = null;
  #isTurnEndScheduled = false;

  constructor(machine: M, clock: LoopClock, handler: MachineLoopHandler<Action>) {
    this.machine = machine;
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

  /** The machine threw and may be half changed: it is not even to be looked at. */
  get hasCrashed(): boolean {
    return this.#hasCrashed;
  }

  /** Handles the event, now or after the one being handled. Ignored once the loop has ended. */
  dispatch(event: Event | TimeoutEvent): void {
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

  #handle(event: Event | TimeoutEvent): void {
    for (const action of this.machine.handle(event, this.now)) {
      if (this.#isEnded) return;
      this.#handler.execute(action);
    }
  }

  /** Many events share a turn of Node's loop: the timer is looked at once, at its end. */
  #scheduleTurnEnd(): void {
    if (this.#isTurnEndScheduled || this.#isEnded) return;
    this.#isTurnEndScheduled = true;
    atTurnEnd(this.#onTurnEnd);
  }

  readonly #onTurnEnd = (): void => {
    this.#isTurnEndScheduled = false;
    if (!this.#isEnded) this.#armTimer();
  };

  #armTimer(): void {
    const next = this.machine.nextTimeout();
    if (next === this.#next) return;
    this.#clearTimer();
    if (next === null) return;
    const { now } = this;
    const delayMs = Math.min(2 ** 31 - 1, Math.max(0, Math.ceil(next - now)));
    this.#next = next;
    // A machine may ask for a time that is past. Taken as it is, all of it would look slept through, and the clock go back.
    this.#dueAt = Math.max(next, now);
    this.#timer = setTimeout(() => {
      // `now` is asked while the timer still counts as due: that is how a sleep is noticed.
      const isDue = this.now >= next;
      this.#timer = null;
      this.#next = null;
      this.#dueAt = null;
      if (isDue) this.dispatch({ type: 'timeout' });
      else this.#armTimer();
    }, delayMs);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#next = null;
    this.#dueAt = null;
  }
}
