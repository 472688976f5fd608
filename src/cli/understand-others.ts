// What is made of options that no command has under that name: those of other programs, the opposite of a switch (so that a flag can undo
// the configuration file), and slips of the keyboard, which end with the nearest that there is.

import { type Command, type CommanderError, Option } from 'commander';
import { ForeignOption } from './foreign-option.js';
import { ALIASES, ALWAYS_SO, INSTEAD, NOT_THE_SAME } from './foreign-spellings.js';
import type { LazyCommand } from './lazy-command.js';
import { didYouMean, suggestOptions } from './option-suggestion.js';
import { UsageError } from './usage-error.js';

/** Called once, when every command is defined. */
export function understandOthers(program: LazyCommand): void {
  for (const command of [program, ...program.commands]) {
    if (command.name().startsWith('__')) continue;
    command.defineOptions(() => {
      addAliases(command, program);
      addOpposites(command);
    });
    command.exitOverride((error) => {
      const flag = /unknown option '(.*)'/.exec(error.message)?.[1];
      if (error.code === 'commander.unknownOption' && flag !== undefined) throw refuse(flag, command, program);
      throw inOurWords(error, command, program);
    });
  }
}

function addAliases(command: Command, program: Command): void {
  const options = new Map(command.options.map((option) => [option.long, option]));
  for (const [theirs, ours] of ALIASES) {
    const option = options.get(ours);
    const flags = option === undefined ? '' : freeFlags(theirs, command, program);
    if (option !== undefined && flags !== '') command.addOption(new ForeignOption(flags, option));
  }
  if (!hasOption(command, '--output')) return;
  for (const theirs of ALWAYS_SO) {
    const flags = freeFlags(theirs, command, program);
    if (flags !== '') command.addOption(new Option(flags).hideHelp());
  }
}

/** An option of ours keeps its name, whatever others call so. */
function freeFlags(flags: string, command: Command, program: Command): string {
  return flags
    .split(', ')
    .filter((flag) => !hasOption(command, flag) && !hasOption(program, flag))
    .join(', ');
}

function hasOption(command: Command, flag: string): boolean {
  return command.options.some(({ short, long }) => short === flag || long === flag);
}

function addOpposites(command: Command): void {
  // What is added on the way is hidden, and passed over.
  for (const { long, hidden, required, optional } of command.options) {
    // `--no-peers-timeout` has a value, and is the opposite of nothing.
    if (long === undefined || hidden || required || optional || long === '--version') continue;
    const opposite = oppositeOf(long);
    if (!hasOption(command, opposite)) command.addOption(new Option(opposite).hideHelp());
  }
}

/** Of a switch. */
function oppositeOf(long: string): string {
  return long.startsWith('--no-') ? long.replace('--no-', '--') : long.replace('--', '--no-');
}

/** `flag` is the word as it was typed, also with a value behind `=`. */
function refuse(flag: string, command: Command, program: Command): UsageError {
  const name = flag.replace(/=.*$/s, '');
  const what = `unknown option '${name}'`;
  const [advice, ours] = NOT_THE_SAME.get(name) ?? ['', ''];
  if (advice !== '' && (hasOption(command, ours) || hasOption(program, ours))) {
    return new UsageError(`${what}: effusion calls it ${advice}`, helpOf(command, program));
  }
  if (flag !== name && (hasOption(command, name) || hasOption(program, name)))
    return new UsageError(`${name}: takes no value`, `Write ${name}, or ${oppositeOf(name)}.`);
  const [instead, own] = INSTEAD.get(name) ?? ['', ''];
  if (instead !== '' && hasOption(command, own)) return new UsageError(`${what} of effusion ${command.name()}`, instead);
  const near = name.startsWith('--') ? didYouMean(suggestOptions(name, visibleOptions(command, program))) : '';
  if (near !== '') return new UsageError(what, near);
  const owners = program.commands
    .filter((other) => visibleOptions(other).includes(name))
    .map((other) => `effusion ${other.name()}`);
  if (owners.length > 0) return new UsageError(`${what} of effusion ${command.name()}`, `It is one of ${owners.join(', ')}.`);
  return new UsageError(what, helpOf(command, program));
}

/** commander's words for what is missing, too much or none of the choices, in our form, and with the help of the command that it is about. */
function inOurWords(error: CommanderError, command: Command, program: Command): Error {
  const text = error.message.replace(/^error: /, '').trim();
  const help = helpOf(command, program);
  const missing = /^option '(.*)' argument missing$/s.exec(text);
  if (missing !== null) {
    const ours = command.options.find(
      (option): option is ForeignOption => option instanceof ForeignOption && option.flags === missing[1],
    );
    return new UsageError(`${longOf(missing[1])}: argument missing`, `It is written ${ours?.ours ?? missing[1]}. ${help}`);
  }
  const invalid =
    /^(?:option '(.*)'|command-argument) (?:argument|value) '(.*)' is invalid(?: for argument '(.*)')?\. (.*)$/s.exec(text);
  if (invalid !== null) {
    const [, flags, value, argument, choices] = invalid;
    const what = flags === undefined ? `'${value}' is no ${argument}` : `${longOf(flags)}: '${value}' cannot be used`;
    return new UsageError(what, choices);
  }
  const isOfArguments = error.code === 'commander.missingArgument' || error.code === 'commander.excessArguments';
  return isOfArguments ? new UsageError(text.replace(/\.$/, ''), help) : error;
}

/** `-o, --output <DIR>`: --output. */
function longOf(flags: string): string {
  return /--[^\s=[<,]+/.exec(flags)?.[0] ?? flags;
}

function visibleOptions(...commands: readonly Command[]): string[] {
  return commands.flatMap((command) =>
    command.options
      .filter(({ hidden }) => !hidden)
      .flatMap(({ short, long }) => [long, short].filter((flag) => flag !== undefined)),
  );
}

function helpOf(command: Command, program: Command): string {
  return command === program ? 'See effusion --help.' : `See effusion ${command.name()} --help.`;
}
