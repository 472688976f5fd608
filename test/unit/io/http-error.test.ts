// Node's and the system's errors in our words.

import { expect, test } from 'vitest';
import { HttpError, toHttpError } from '../../../src/io/http-error.js';

test.each([
  ['ECONNREFUSED', 'refused'],
  ['ENOTFOUND', 'name_not_found'],
  ['EAI_AGAIN', 'name_not_found'],
  ['ETIMEDOUT', 'timeout'],
  ['ENETUNREACH', 'unreachable'],
  ['ECONNRESET', 'reset'],
  ['HPE_HEADER_OVERFLOW', 'bad_response'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'certificate'],
  ['EWHATEVER', 'failed'],
])('%s is %s', (systemCode, code) => {
  const cause = Object.assign(new Error('connect 10.0.0.1'), { code: systemCode });
  expect(toHttpError(cause)).toMatchObject({ code, detail: { systemCode }, cause });
});

test('anything else has failed; one of ours stays itself', () => {
  expect(toHttpError('odd')).toMatchObject({ code: 'failed', detail: {} });
  const own = new HttpError('timeout', 'no answer in time');
  expect(toHttpError(own)).toBe(own);
});
