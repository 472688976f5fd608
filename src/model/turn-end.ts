// What is to run when the current turn's own work is done, before anything else comes in. `queueMicrotask` would do; Node makes an
// AsyncResource for each call of it, and a download has thousands of turns.

const settled = Promise.resolve();

/** In the order of the calls. What a task throws ends as an unhandled rejection. */
export function atTurnEnd(task: () => void): void {
  void settled.then(task);
}
