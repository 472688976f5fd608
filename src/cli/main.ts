// The command line from its arguments to its exit code: streams, signals, errors. The one place that ends the process, so
// that nothing else can end it halfway through writing.

import { existsSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { CommandError } from './command-error.js';
import { othersRunning, yieldToLoop } from './compiler-threads.js';
import { EventStream } from './events/event-stream.js';
import { findEventsArgument } from './events/events-argument.js';
import { EXIT } from './exit-codes.js';
import { fileReason } from './file-reason.js';
import { closeGoneTerminals, standardTerminals } from './gone-terminal.js';
import { helpWidth } from './help-width.js';
import { Interruption, STOP_SIGNALS } from './interruption.js';
import { joinColor } from './definitions/global-options.js';
import type { ProgramHost } from './definitions/program-host.js';
import { LogFile } from './log-file.js';
import { VERSION } from '../engine/version.js';
import { InvariantError } from '../model/error.js';
import { isUnderNohup, readParentStatus } from './nohup.js';
import { colorChoice, type GlobalOptions } from './options.js';
import { Output } from './output.js';
import { createProgram } from './program.js';
import { ProgressBoard } from './progress-board.js';
import { decideColorLevel, loadStyle } from './render/color-level.js';
import { describeError, errorFacts } from './report-error.js';
import { failureJson } from './results/failure-json.js';
import { owedJson } from './results/json-argument.js';
import { failedRunResult } from './results/torrent-result.js';
import { Suspension } from './suspension.js';
import { UsageError } from './usage-error.js';
import { formatJson } from './render/sanitise.js';

export interface MainOptions {
  /** Without the interpreter and the script. */
  readonly argv: readonly string[];
}

/** Never returns normally: ends the process with an exit code of the table. */
export async function main(options: MainOptions): Promise<void> {
  const { env } = process;
  const terminals = standardTerminals();
  const exit = (code: number): never => {
    closeGoneTerminals(terminals);
    return process.exit(code);
  };
  const interruption: Interruption = new Interruption((code) => {
    events.endNow(code, interruption.cause);
    exit(code);
  });
  let outputFailure: string | null = null;
  // Nobody reads the results any more: end in order. Anything else (a full disk behind >) is a failure to tell.
  const onBroken = (name: string, error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE' || (name !== 'stdout' && !isRunning))
      outputFailure ??= `cannot write to ${name}: ${fileReason(error)}`;
    else if (isRunning) interruption.request('EPIPE');
  };
  const stdout = new Output(process.stdout, env.TERM, (error) => onBroken('stdout', error));
  const stderr = new Output(process.stderr, env.TERM, () => {});
  let exitCode: number = EXIT.ok;
  let isRunning = false;
  let log: LogFile | null = null;
  let used: Command | null = null;
  const events = new EventStream({ version: VERSION, onBroken: (error) => onBroken('the events', error) });
  // Before anything can be refused: whoever asked for events gets its end told.
  const { argv, target, stray } = findEventsArgument(options.argv);

  const tree = (writeOut: (text: string) => void = () => {}, run: ProgramHost['run'] = () => Promise.resolve()): Command => {
    return createProgram({
      version: VERSION,
      helpWidth: helpWidth(stdout, stderr, env.COLUMNS),
      writeOut,
      environment: env,
      run,
    });
  };
  const finish = async (): Promise<void> => {
    await stdout.flush();
    if (outputFailure !== null && exitCode === EXIT.ok) fail(new CommandError('output_failed', outputFailure, ''));
    await events.end(exitCode, interruption.cause);
    await stderr.flush();
    exit(exitCode);
  };
  const fail = (error: unknown): void => {
    interruption.cleanUp();
    const report = describeError(error);
    exitCode = report.exitCode;
    log?.say(report.text);
    const facts = errorFacts(error);
    events.emit({ event: 'error', ...facts });
    // Whoever reads results has one to read, also of a run that was refused before it began.
    if (!stdout.isUsed && !events.isOnStdout) {
      const owed = owedJson({ argv: joinColor(argv), program: tree(), used, environment: env, isTerminal: stdout.isTerminal });
      if (owed !== null) stdout.line(owed === 'result' ? formatJson(failedRunResult(facts), 0) : failureJson(error));
    }
    stderr.line(report.text);
  };
  const crash = (error: unknown): void => {
    fail(error);
    events.endNow(exitCode, interruption.cause);
    exit(exitCode);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  // Node would end with 0, as if all were done.
  process.on('beforeExit', () => crash(new InvariantError('nothing is left to wait for, and the command has not ended')));
  const isHangupIgnored = isUnderNohup(env, readParentStatus());
  for (const signal of STOP_SIGNALS) {
    // A handler that does nothing: without one the signal would end us.
    process.on(signal, signal === 'SIGHUP' && isHangupIgnored ? () => {} : () => interruption.request(signal));
  }

  const runningAtStart = othersRunning();
  const run = async (globals: GlobalOptions, command: (context: CommandContext) => Promise<number>): Promise<void> => {
    // Before the run began nobody read its events any more.
    if (outputFailure !== null) return;
    isRunning = true;
    yieldToLoop(runningAtStart);
    const { progress, logFile } = globals;
    if (logFile !== undefined) log = new LogFile({ path: logFile, level: globals.logLevel });
    if (progress !== undefined) stderr.chooseDrawing(progress === 'bar' ? 'always' : 'never');
    const styleOf = (output: Output): ReturnType<typeof loadStyle> =>
      loadStyle(decideColorLevel({ choice: colorChoice(globals), environment: env, isTerminal: output.isTerminal }));
    const facts = {
      stderr,
      environment: env,
      style: await styleOf(stderr),
      isQuiet: globals.quiet === true,
      isVerbose: globals.verbose === true && globals.quiet !== true,
      progress,
      log,
      events,
      interruption,
      suspension: new Suspension(process),
      keyInput: () => (isatty(0) ? process.stdin : null),
    };
    const board = new ProgressBoard(facts);
    exitCode = await command({ ...facts, stdout, resultStyle: await styleOf(stdout), board });
    isRunning = false;
  };

  try {
    if (target !== null) events.open(target);
    if (stray !== null && !existsSync(stray))
      throw new UsageError(
        `--events: '${stray}' stands apart from it, and is no file`,
        `Its value is behind a =: --events=${stray}.`,
      );
    const program = tree((text) => (events.isOnStdout ? stderr : stdout).write(text), run);
    used = program;
    if (argv.length === 0) {
      // No arguments is a question: the help, but not as a success.
      stderr.write(program.helpInformation());
      stderr.line('effusion: error: no torrent and no command was named. See effusion --help. (exit 2)');
      exitCode = EXIT.usage;
    } else {
      await program.parseAsync(joinColor(argv), { from: 'user' });
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
