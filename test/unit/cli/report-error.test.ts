import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { CommandError, type CommandErrorCode } from '../../../src/cli/command-error.js';
import { errorCauses } from '../../../src/cli/exit-codes.js';
import { describeError } from '../../../src/cli/report-error.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import { EffusionError, InvariantError, MetainfoError, StorageError } from '../../../src/model/error.js';
import { toStorageError } from '../../../src/storage/storage-failure.js';

class SourcesExhausted extends EffusionError<{ piece: number; files: string[]; banned: string[] }> {
  readonly code = 'sources_exhausted';
}

test('a usage error is one line with a hint', () => {
  expect(describeError(new UsageError("--port: 'x' is no port", 'Use a number from 1 to 65535.'))).toEqual({
    text: "effusion: error: --port: 'x' is no port. Use a number from 1 to 65535. (exit 2)",
    exitCode: 2,
  });
});

test("commander's words take our form", () => {
  const error = new CommanderError(1, 'commander.unknownOption', "error: unknown option '--prot'\n(Did you mean --port?)");
  expect(describeError(error).text).toBe("effusion: error: unknown option '--prot'. Did you mean --port? (exit 2)");
});

test('what goes wrong with file, disk and time has its own code', () => {
  expect(describeError(new MetainfoError('info.pieces: bad', { path: 'info.pieces' })).exitCode).toBe(3);
  expect(
    describeError(new StorageError('cannot write a: full (ENOSPC)', { operation: 'write', path: 'a', errno: 'ENOSPC' })).text,
  ).toBe('effusion: error: cannot write a: full (ENOSPC). Check the path and the disk, and run it again. (exit 9)');
  expect(describeError(new CommandError('timed_out', 'too late', '')).exitCode).toBe(124);
});

test('bad data names the piece, the files and who sent it', () => {
  const error = new SourcesExhausted('piece 7: every source sent bad data', {
    piece: 7,
    files: ['a/b.bin'],
    banned: ['10.0.0.1:5'],
  });
  const { text, exitCode } = describeError(error);
  expect(exitCode).toBe(10);
  expect(text).toContain('piece 7');
  expect(text).toContain('a/b.bin');
  expect(text).toContain('10.0.0.1:5');
  expect(text.split('\n')).toHaveLength(1);
});

test('a bug shows its stack and its cause', () => {
  const { text, exitCode } = describeError(new InvariantError('a slot has two writers', {}));
  expect(exitCode).toBe(1);
  expect(text).toContain('a slot has two writers');
  expect(text).toMatch(/\n\s+at /);
  expect(describeError(new Error('outer', { cause: new Error('inner') })).text).toContain('caused by: Error: inner');
  expect(describeError('just a string').exitCode).toBe(1);
});

test('nothing in an error can draw on the terminal', () => {
  const { text } = describeError(new UsageError('bad \u001B[31mname\u202E\ngnp.exe', ''));
  for (const bad of ['\u001B', '\u202E', '\n']) expect(text).not.toContain(bad);
});

class Failure extends EffusionError {
  readonly code: string;

  constructor(code: string) {
    super('what: why', {});
    this.code = code;
  }
}

test.each(errorCauses())('%s says what to do, where its message does not', (code) => {
  expect(describeError(new Failure(code)).text).toMatch(/^effusion: error: what: why\. [A-Z].*[.] \(exit \d+\)$/);
  if (code !== 'usage_error') {
    const ours = describeError(new CommandError(code as CommandErrorCode, 'what: why', '')).text;
    expect(ours).toBe(describeError(new Failure(code)).text);
  }
  expect(describeError(new CommandError(code as CommandErrorCode, 'what: why', 'Do this.')).text).toMatch(
    / why\. Do this\. \(exit/,
  );
});

test('the disk has its own advice', () => {
  const { text } = describeError(toStorageError('write', 'a', Object.assign(new Error(), { code: 'ENOSPC' })));
  expect(text).toBe(
    'effusion: error: cannot write a: no space left on the device (ENOSPC). Free some space and run it again: it goes on where it stopped. (exit 9)',
  );
});
