// The command line from its arguments to its exit code: streams, signals, errors. The one place that ends the process, so
// that nothing else can end it halfway through writing.

import { isatty } from 'node:tty';
import type { CommandContext } from './command-context.js';
import { CommandError } from './command-error.js';
import { EXIT } from './exit-codes.js';
import { Interruption, STOP_SIGNALS } from './interruption.js';
import { isUnderNohup, readParentStatus } from './nohup.js';
import type { GlobalOptions } from './options.js';
import { Output } from './output.js';
import { createProgram } from './program.js';
import { ProgressBoard } from './progress-board.js';
import { decideColorLevel, loadStyle } from './render/color-level.js';
import { describeError } from './report-error.js';
import { Suspension } from './suspension.js';

/** Help is wrapped at the width of the terminal, and at this where that is wider or unknown. */
const MAX_HELP_WIDTH = 140;

export interface MainOptions {
  /** Without the interpreter and the script. */
  readonly argv: readonly string[];
  readonly version: string;
}

/** Never returns normally: ends the process with an exit code of the table. */
export async function main(options: MainOptions): Promise<void> {
  const { env } = process;
  const interruption = new Interruption((code) => process.exit(code));
  let stdoutFailure: NodeJS.ErrnoException | null = null;
  const stdout = new Output(process.stdout, env.TERM, (error) => {
    // Nobody reads the results any more: end in order. Anything else (a full disk behind >) is a failure to tell.
    if (error.code !== 'EPIPE') stdoutFailure = error;
    else if (isRunning) interruption.request('EPIPE');
  });
  const stderr = new Output(process.stderr, env.TERM, () => {});
  let exitCode: number = EXIT.ok;
  let isRunning = false;

  const finish = async (): Promise<void> => {
    await stdout.flush();
    if (stdoutFailure !== null && exitCode === EXIT.ok) {
      fail(new CommandError('output_failed', `cannot write to stdout: ${stdoutFailure.message}`));
    }
    await stderr.flush();
    process.exit(exitCode);
  };
  const fail = (error: unknown): void => {
    interruption.cleanUp();
    const report = describeError(error);
    exitCode = report.exitCode;
    stderr.line(report.text);
  };
  const crash = (error: unknown): void => {
    fail(error);
    process.exit(exitCode);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  const isHangupIgnored = isUnderNohup(env, readParentStatus());
  for (const signal of STOP_SIGNALS) {
    // A handler that does nothing: without one the signal would end us.
    process.on(signal, signal === 'SIGHUP' && isHangupIgnored ? () => {} : () => interruption.request(signal));
  }

  const run = async (globals: GlobalOptions, command: (context: CommandContext) => Promise<number>): Promise<void> => {
    isRunning = true;
    const styleOf = (output: Output): ReturnType<typeof loadStyle> =>
      loadStyle(decideColorLevel({ choice: globals.color, environment: env, isTerminal: output.isTerminal }));
    const facts = {
      stderr,
      environment: env,
      style: await styleOf(stderr),
      isQuiet: globals.quiet === true,
      isVerbose: globals.verbose === true && globals.quiet !== true,
      interruption,
      suspension: new Suspension(process),
      keyInput: () => (isatty(0) ? process.stdin : null),
    };
    const board = new ProgressBoard(facts);
    exitCode = await command({ ...facts, stdout, resultStyle: await styleOf(stdout), board });
    isRunning = false;
  };

  try {
    const columns = stdout.isTerminal ? stdout.columns : MAX_HELP_WIDTH;
    const program = createProgram({
      version: options.version,
      helpWidth: Math.min(columns, MAX_HELP_WIDTH),
      writeOut: (text) => stdout.write(text),
      run,
    });
    if (options.argv.length === 0) {
      // No arguments is a question: the help, but not as a success.
      stderr.write(program.helpInformation());
      stderr.line('effusion: error: no torrent and no command was named. See effusion --help. (exit 2)');
      exitCode = EXIT.usage;
    } else {
      await program.parseAsync([...options.argv], { from: 'user' });
    }
  } catch (error) {
    // commander ends --help and --version by throwing, with 0.
    if (!isDisplayed(error)) fail(error);
  }
  await finish();
}

function isDisplayed(error: unknown): boolean {
  return error instanceof Error && 'exitCode' in error && 'code' in error && error.exitCode === 0;
}
