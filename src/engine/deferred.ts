// A promise settled from outside, once. Node ends the process on an unhandled rejection: that is wanted for `done()`, whose
// crash nobody may overlook, but only once somebody could have looked.

export class Deferred<T> {
  readonly promise: Promise<T>;
  #isSettled = false;
  #resolve: (value: T) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  resolve(value: T): void {
    this.#isSettled = true;
    this.#resolve(value);
  }

  reject(error: Error): void {
    this.#isSettled = true;
    this.#reject(error);
  }
}
