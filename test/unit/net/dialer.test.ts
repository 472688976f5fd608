// Time limits and failures of dialling, over a transport that never answers or fails as told.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dial } from '../../../src/net/dialer.js';
import type { ConnectHandler, Transport } from '../../../src/net/transport.js';
import { loopback } from '../../support/link-probe.js';

class SilentTransport implements Transport {
  handler: ConnectHandler | null = null;
  cancelled = 0;

  connect(_address: unknown, handler: ConnectHandler): { cancel(): void } {
    this.handler = handler;
    return { cancel: () => void this.cancelled++ };
  }

  listen(): never {
    throw new Error('not here');
  }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('dial', () => {
  test('gives up in time and cancels', async () => {
    const transport = new SilentTransport();
    const outcome = dial(transport, loopback(1), { timeoutMs: 10_000 });
    vi.advanceTimersByTime(9999);
    expect(transport.cancelled).toBe(0);
    vi.advanceTimersByTime(1);
    expect(await outcome).toEqual({ ok: false, reason: 'connect-timeout', error: null });
    expect(transport.cancelled).toBe(1);
  });

  test('leaves no timer behind', async () => {
    const transport = new SilentTransport();
    const outcome = dial(transport, loopback(1), { timeoutMs: 10_000 });
    const error = Object.assign(new Error('no descriptors'), { code: 'EMFILE' });
    transport.handler?.onFailed(error);
    expect(await outcome).toEqual({ ok: false, reason: 'out-of-descriptors', error });
    expect(vi.getTimerCount()).toBe(0);
  });
});
