// The man page, from the command tree and the texts of the help: an option that has a help has its place in the manual. Written with the
// macros of man(7); what means something to roff is escaped, so a text may hold anything.

import type { EventEmitter } from 'node:events';
import type { Argument, Command, Option } from 'commander';
import { EXIT_CODES } from './exit-codes.js';
import { fitHelp } from './render/fit-help.js';
import { settingsOf, variableOf } from './settings/setting.js';

/** Room for text on a terminal of 80, indented as it is. */
const PAGE_COLUMNS = 70;
/** Lines of the source, as checkers of man pages want them. */
const SOURCE_COLUMNS = 78;
const VERBATIM = '\u0000';

export interface ManPageOptions {
  readonly program: Command;
  readonly version: string;
  /** By their names; that of the exit codes has a section of its own. */
  readonly topics: Readonly<Record<string, string>>;
}

export function formatManPage({ program, version, topics }: ManPageOptions): string {
  const seen = new Map<string, string>();
  const commands = program.createHelp().visibleCommands(program);
  const others = Object.entries(topics).filter(([name]) => name !== 'exit-codes');
  const lines = [
    `.TH EFFUSION 1 "" "effusion ${escape(version)}" "User Commands"`,
    '.SH NAME',
    `effusion \\- ${escape(
      program
        .description()
        .replace(/^./, (first) => first.toLowerCase())
        .replace(/\.$/, ''),
    )}`,
    '.SH SYNOPSIS',
    ...commands.flatMap((command, at) => [
      ...(at === 0 ? [] : ['.br']),
      `.B effusion ${escape(command.name())}`,
      italic(usageOf(command)),
    ]),
    '.SH DESCRIPTION',
    ...paragraphs(afterHelp(program)),
    '.SH COMMANDS',
    ...commands.flatMap((command) => describeCommand(command, seen)),
    '.SH OPTIONS OF EVERY COMMAND',
    ...program.createHelp().visibleOptions(program).flatMap(describeOption),
    ...others.flatMap(([name, text]) => [`.SH ${escape(name.toUpperCase())}`, ...paragraphs(text)]),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(({ code, name, meaning }) => ['.TP', `.B ${code}`, escapeLine(`${name}: ${meaning}`)]),
    '.SH ENVIRONMENT',
    escapeLine(`Options can be set by variables: ${variableNames(program)}.`),
    '.TP',
    '.B NO_COLOR',
    'Use no colour, whatever its value is.',
    '.SH FILES',
    '.TP',
    `.I ${escape('$XDG_CONFIG_HOME/effusion/config.toml')}`,
    'The configuration.',
    '.TP',
    `.I ${escape('$XDG_CACHE_HOME/effusion/dht.json')}`,
    'Nodes of the DHT, from one run to the next.',
  ];
  // A paragraph begins behind a heading by itself.
  const isIdle = (line: string, at: number): boolean => line === '.PP' && /^\.S[HS] /.test(lines[at - 1] ?? '');
  const source = lines.filter((line, at) => !isIdle(line, at)).flatMap((line) => (line.startsWith('.') ? [line] : fold(line)));
  return `${source.join('\n')}\n`;
}

/** An option that an earlier command has in the same words is named only. */
function describeCommand(command: Command, seen: Map<string, string>): string[] {
  const name = `effusion ${command.name()}`;
  const lines = [
    `.SS "${escape(name)} ${escape(usageOf(command)).replaceAll('"', '\\(dq')}"`,
    escapeLine(`${sentence(command.description())}.`),
  ];
  for (const argument of command.registeredArguments) lines.push(...describeArgument(argument));
  const known: string[] = [];
  for (const option of command.createHelp().visibleOptions(command)) {
    if (option.long === '--help') continue;
    const words = `${option.flags}\n${option.description}`;
    if (seen.has(words)) known.push(option.long ?? option.flags);
    else lines.push(...describeOption(option));
    if (!seen.has(words)) seen.set(words, name);
  }
  if (known.length > 0) lines.push('.PP', escapeLine(`Also, as described above: ${known.join(', ')}.`));
  return [...lines, ...paragraphs(afterHelp(command))];
}

function usageOf(command: Command): string {
  return command.usage();
}

function sentence(text: string): string {
  return text.replace(/^./, (first) => first.toUpperCase()).replace(/\.$/, '');
}

function describeArgument(argument: Argument): string[] {
  if (argument.description === '') return [];
  const ofDefault = argument.defaultValue === undefined ? '' : ` (default: ${String(argument.defaultValue)})`;
  const ofChoices = argument.argChoices === undefined ? '' : `: ${argument.argChoices.join(', ')}`;
  return ['.TP', italic(argument.name()), escapeLine(`${sentence(argument.description)}${ofChoices}${ofDefault}.`)];
}

function describeOption(option: Option): string[] {
  const facts = [
    ...(option.argChoices === undefined ? [] : [option.argChoices.join(', ')]),
    ...(option.defaultValue === undefined || typeof option.defaultValue === 'boolean'
      ? []
      : [`default: ${String(option.defaultValue)}`]),
  ];
  const tail = facts.length === 0 ? '' : ` (${facts.join('; ')})`;
  return ['.TP', `.B ${escape(option.flags)}`, escapeLine(`${sentence(option.description)}${tail}.`)];
}

function variableNames(program: Command): string {
  const examples = settingsOf(program).map(({ key }) => variableOf(key));
  return [...examples, 'EFFUSION_MAX_DOWNLOAD and so on'].join(', ');
}

/** What stands behind the options of a command's help. */
function afterHelp(command: Command): string {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  // As commander does for the help; its types don't tell that a command is an emitter.
  (command as unknown as EventEmitter).emit('afterHelp', { error: false, command, write });
  return text;
}

/** Prose is filled; what is indented, such as examples, stays as it is. */
function paragraphs(text: string): string[] {
  const lines: string[] = [];
  let isVerbatim = false;
  let isBreakDue = true;
  for (const line of fitHelp(text.trim(), PAGE_COLUMNS).split('\n')) {
    const isIndented = line.startsWith(' ');
    if (isVerbatim && !isIndented) lines.push('.fi', '.RE');
    if (line === '') {
      isBreakDue = true;
    } else if (isIndented) {
      if (!isVerbatim) lines.push('.RS 2', '.nf');
      lines.push(VERBATIM + escapeLine(line.replace(/^ {2}/, '')));
    } else {
      if (isBreakDue || isVerbatim) lines.push('.PP');
      lines.push(escapeLine(line));
      isBreakDue = false;
    }
    isVerbatim = isIndented;
  }
  return isVerbatim ? [...lines, '.fi', '.RE'] : lines;
}

/** Prose is filled anew by roff, so its lines may end anywhere between words. A line that roff leaves as it is has a mark in front. */
function fold(line: string): string[] {
  if (line.startsWith(VERBATIM)) return [line.slice(VERBATIM.length)];
  return fitHelp(line, SOURCE_COLUMNS)
    .split('\n')
    .map((part) => part.replace(/^(?=[.'])/, '\\&'));
}

function italic(text: string): string {
  return `.I ${escape(text)}`;
}

/** For the arguments of a macro and inside of lines. */
function escape(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll("'", '\\(aq')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll(/\P{ASCII}/gu, (letter) => `\\[u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`);
}

/** A line of text: a dot at its start is no macro. */
function escapeLine(text: string): string {
  return escape(text).replace(/^(?=\.)/, '\\&');
}
