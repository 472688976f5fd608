// A promise settled from outside, and waiting that can be given up. Node ends the process on a rejection that nobody handles:
// that is wanted for a session's outcome, whose crash nobody may overlook.

export class Deferred<T> {
  readonly promise: Promise<T>;
  #resolve: (value: T) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(value: T): void {
    this.#resolve(value);
  }

  reject(error: Error): void {
    this.#reject(error);
  }
}

/** Settles as `promise` does, or rejects with the signal's reason. Giving up changes nothing for `promise`. */
export async function waitFor<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const givingUp = new Deferred<never>();
  const giveUp = (): void => givingUp.reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([promise, givingUp.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
