// The errors that cross folders: whose fault a failure is decides what becomes of it. Every error has a stable
// `code` (for scripts and tests), a `detail` of plain data, and keeps its `cause`. Messages are for people; codes don't change.

/** Base of every error effusion throws on purpose. `detail` is plain data, safe to print as JSON. */
export abstract class EffusionError<D extends object = object> extends Error {
  abstract readonly code: string;
  readonly detail: D;

  constructor(message: string, detail: D, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.detail = detail;
  }
}

/** The torrent file is at fault. `path` names the field, e.g. `info.files[3].path`. Exit 3. */
export class MetainfoError extends EffusionError<{ path: string }> {
  readonly code = 'invalid_metainfo';
}

export interface StorageFailure {
  /** What was being done: `open`, `read`, `write`, `rename`, `mkdir`, `lock`, … */
  operation: string;
  path: string;
  /** The system's name of the error, e.g. `ENOSPC`; for refusals of our own, an `E…` word of ours such as `EINUSE`. */
  errno: string;
}

/** The disk is at fault: that torrent fails, its resume state is kept. Exit 9. */
export class StorageError extends EffusionError<StorageFailure> {
  readonly code = 'storage_failed';
  /** What to do about it: a whole sentence; empty where the message is all that is known. */
  readonly advice: string;

  constructor(message: string, detail: StorageFailure, options: { readonly cause?: unknown; readonly advice?: string } = {}) {
    super(message, detail, 'cause' in options ? { cause: options.cause } : {});
    this.advice = options.advice ?? '';
  }
}

/** We are at fault: a state that must not exist. Caught in one place, the SessionServer's loop. Exit 1. */
export class InvariantError extends EffusionError<Record<string, unknown>> {
  readonly code = 'invariant_broken';

  constructor(message: string, detail: Record<string, unknown> = {}) {
    super(message, detail);
  }
}

/** Throws an InvariantError unless `condition` holds. */
export function invariant(condition: boolean, message: string, detail: Record<string, unknown> = {}): asserts condition {
  if (!condition) throw new InvariantError(message, detail);
}
