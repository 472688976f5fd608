// Which facts of a session have a line: what hurts a download always, what a stranger sent wrongly (row W11) only where more was asked for.

import { expect, test } from 'vitest';
import { describeNotice } from '../../../../src/cli/render/notice-text.js';
import { addressAt } from '../../../support/session-driver.js';

test('a bad message is told with -v, with its bytes where they are known', () => {
  const notice = { type: 'bad-message', address: addressAt(1), bytes: '0000000304' } as const;
  expect(describeNotice(notice)).toBeNull();
  expect(describeNotice(notice, true)).toBe(
    'closed 10.0.0.1:6001: it sent a message that cannot be read or is not allowed: 0000000304',
  );
  expect(describeNotice({ ...notice, bytes: '' }, true)).toMatch(/not allowed$/);
});
