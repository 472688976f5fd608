// How wide help is written, on a terminal, on the way to a pager, and where nobody says.

import { expect, test } from 'vitest';
import { helpWidth } from '../../../src/cli/help-width.js';

const PIPE = { isTerminal: false, columns: 80 };
const terminal = (columns: number): typeof PIPE => ({ isTerminal: true, columns });

test.each([
  ['a terminal', terminal(60), terminal(60), undefined, 60],
  ['a terminal, whatever COLUMNS says', terminal(60), terminal(60), '100', 60],
  ['a wide terminal', terminal(300), terminal(300), undefined, 140],
  ['a pager on a terminal', PIPE, terminal(80), undefined, 80],
  ['a pipe, and COLUMNS', PIPE, terminal(80), '70', 70],
  ['pipes alone, and COLUMNS', PIPE, PIPE, '70', 70],
  ['pipes alone', PIPE, PIPE, undefined, 140],
  ['pipes alone, and COLUMNS of nonsense', PIPE, PIPE, '-3', 140],
  ['a pager on a terminal, and COLUMNS of nonsense', PIPE, terminal(80), 'x', 80],
  ['pipes alone, and an empty COLUMNS', PIPE, PIPE, '', 140],
  ['a column', PIPE, PIPE, '1', 20],
])('%s', (_name, stdout, stderr, columnsText, width) => expect(helpWidth(stdout, stderr, columnsText)).toBe(width));
