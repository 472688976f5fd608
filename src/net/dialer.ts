// Outgoing links, with a time limit and a way to give up. A failed dial is an outcome, not an exception: it happens
// to most addresses of a swarm.

import type { Address } from '../model/address.js';
import { linkFailure, type LinkFailure } from './connection-failure.js';
import type { Link, Transport } from './transport.js';

export interface DialOptions {
  readonly timeoutMs: number;
  /** Aborted: the outcome is `stopping`. */
  readonly signal?: AbortSignal;
}

export type DialOutcome =
  /** The link is not started yet: nothing that comes is lost. */
  | { readonly ok: true; readonly link: Link }
  | { readonly ok: false; readonly reason: LinkFailure; readonly error: NodeJS.ErrnoException | null };

/** Never rejects. */
export function dial(transport: Transport, address: Address, options: DialOptions): Promise<DialOutcome> {
  const { timeoutMs, signal } = options;
  if (signal?.aborted === true) return Promise.resolve({ ok: false, reason: 'stopping', error: null });
  return new Promise((resolve) => {
    const settle = (outcome: DialOutcome): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const giveUp = (reason: LinkFailure): void => {
      pending.cancel();
      settle({ ok: false, reason, error: null });
    };
    const onAbort = (): void => giveUp('stopping');
    const pending = transport.connect(address, {
      onOpen: (link) => settle({ ok: true, link }),
      onFailed: (error) => settle({ ok: false, reason: linkFailure(error), error }),
    });
    // After the transport has taken it: neither callback comes before that, and one that throws leaves no timer behind.
    const timer = setTimeout(() => giveUp('connect-timeout'), timeoutMs);
    signal?.addEventListener('abort', onAbort);
  });
}
