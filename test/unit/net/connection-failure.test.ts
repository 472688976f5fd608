// System errors in our words, and that these are words of the session's: `net` may not import it, a test may.

import { expect, test } from 'vitest';
import { closeFailure, linkFailure, type ConnectionFailure } from '../../../src/net/connection-failure.js';
import type { DisconnectReason } from '../../../src/session/disconnect-reason.js';

const systemError = (code: string, syscall = 'connect'): NodeJS.ErrnoException =>
  Object.assign(new Error(code), { code, syscall });

test.each([
  ['ECONNREFUSED', 'refused'],
  ['ENETUNREACH', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ETIMEDOUT', 'connect-timeout'],
  ['EMFILE', 'out-of-descriptors'],
  ['ENFILE', 'out-of-descriptors'],
  ['EWHATEVER', 'connection-error'],
])('%s while connecting is %s', (code, reason) => {
  expect(linkFailure(systemError(code))).toBe(reason);
});

test('every failure is a reason of the session', () => {
  // Fails to compile where it is not.
  const reason = (failure: ConnectionFailure): DisconnectReason => failure;
  expect(reason(closeFailure(null, true))).toBe('closed-by-peer');
  expect(reason(closeFailure(null, false))).toBe('closed-in-handshake');
  expect(reason(closeFailure(systemError('EPIPE', 'write'), true))).toBe('send-failure');
  expect(reason(closeFailure(systemError('ECONNRESET', 'read'), true))).toBe('connection-error');
});
