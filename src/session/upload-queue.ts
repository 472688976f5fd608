// What one peer asked of us and has not been sent: bounded, in order, and handed out only while the connection takes it,
// so that a peer that asks and never reads costs no memory.

import type { PieceIndex } from '../model/ids.js';

export interface UploadRequest {
  readonly piece: PieceIndex;
  readonly begin: number;
  readonly length: number;
}

export class UploadQueue {
  readonly #limit: number;
  readonly #windowBytes: number;
  #waiting: UploadRequest[] = [];
  #inFlightBytes = 0;

  /** At most `limit` waiting requests; at most `windowBytes` handed out and not yet sent. */
  constructor(limit: number, windowBytes: number) {
    this.#limit = limit;
    this.#windowBytes = windowBytes;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** False where the queue is full. */
  push(request: UploadRequest): boolean {
    if (this.#waiting.length >= this.#limit) return false;
    this.#waiting.push(request);
    return true;
  }

  /** The next request that may be sent now, or null. */
  take(): UploadRequest | null {
    if (this.#inFlightBytes >= this.#windowBytes) return null;
    const request = this.#waiting.shift();
    if (request === undefined) return null;
    this.#inFlightBytes += request.length;
    return request;
  }

  /** `length` bytes that were taken have left, or never will. */
  settle(length: number): void {
    this.#inFlightBytes = Math.max(0, this.#inFlightBytes - length);
  }

  /** True where the request was still waiting and is gone now. */
  cancel(request: UploadRequest): boolean {
    const index = this.#waiting.findIndex(
      (other) => other.piece === request.piece && other.begin === request.begin && other.length === request.length,
    );
    if (index < 0) return false;
    this.#waiting.splice(index, 1);
    return true;
  }

  /** Empties the queue of what `drops` names and says what that was. */
  dropAll(drops: (request: UploadRequest) => boolean): UploadRequest[] {
    const dropped: UploadRequest[] = [];
    const kept: UploadRequest[] = [];
    for (const request of this.#waiting) (drops(request) ? dropped : kept).push(request);
    this.#waiting = kept;
    return dropped;
  }
}
