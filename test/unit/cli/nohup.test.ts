import { expect, test } from 'vitest';
import { isUnderNohup } from '../../../src/cli/nohup.js';

test.each([
  ['/usr/bin/nohup', '', true],
  ['nohup', '', true],
  ['/usr/bin/node', '', false],
  [undefined, '', false],
  [undefined, 'SigBlk:\t0000000000000001\nSigIgn:\t0000000000000003\nSigCgt:\t0000000000000000', true],
  [undefined, 'SigBlk:\t0000000000000001\nSigIgn:\t0000000001001000\nSigCgt:\t0000000000000001', false],
])('_=%s, parent %j: %s', (last, status, expected) => expect(isUnderNohup({ _: last }, status)).toBe(expected));
