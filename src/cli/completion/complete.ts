// What may follow on a command line that is not finished: read off the command tree, so no list has to be kept. The shell asks for every
// press of the key; it is told candidates, and whether it is to add files or folders of its own. Nothing here may fail loudly.

import type { Argument, Command, Option } from 'commander';
import { fileValuesOf } from './file-values.js';

/** What the shell adds itself. `torrents`: folders, and files that end in .torrent. */
export type PathKind = 'none' | 'files' | 'folders' | 'torrents';

export interface Candidate {
  readonly text: string;
  /** One line; empty where there is none. */
  readonly description: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly paths: PathKind;
}

export interface CompletionHost {
  /** Names of the files in a torrent, by their numbers; empty where it is none. */
  readonly filesOf: (torrent: string) => Promise<readonly string[]>;
  /** Topics of the help. */
  readonly topics: readonly string[];
}

const NOTHING: Completion = { candidates: [], paths: 'none' };

/** A line as it stands before its last word. */
interface Line {
  /** Where no command is named it is the default one. */
  readonly command: Command;
  readonly isCommandNamed: boolean;
  /** Behind the command's name. */
  readonly operands: readonly string[];
  readonly given: ReadonlySet<Option>;
  /** Waits for its value. */
  readonly open: Option | null;
  /** A `--` stands before. */
  readonly isOperandsOnly: boolean;
}

/** `words`: behind the name of the program, the last one is being typed and may be empty. */
export async function complete(program: Command, words: readonly string[], host: CompletionHost): Promise<Completion> {
  const typed = words.at(-1) ?? '';
  const line = readLine(program, words.slice(0, -1));
  if (line.open !== null) return startingWith(typed, await valuesOf(line.open, typed, line, host));
  const [, flag, value] = /^(--[^=]+)=(.*)$/s.exec(typed) ?? [];
  if (flag !== undefined && !line.isOperandsOnly) {
    const option = findOption(flag, line.command, program);
    return option === null ? NOTHING : behindEquals(flag, startingWith(value, await valuesOf(option, value, line, host)));
  }
  if (typed.startsWith('-') && !line.isOperandsOnly) return startingWith(typed, optionsOf(line, program));
  return startingWith(typed, operandsOf(line, program, host));
}

function readLine(program: Command, words: readonly string[]): Line {
  let command: Command | null = null;
  let open: Option | null = null;
  let isOperandsOnly = false;
  const operands: string[] = [];
  const given = new Set<Option>();
  const standard = program.commands.find((candidate) => candidate.name() === 'download') ?? program;
  for (const word of words) {
    if (open !== null) {
      open = null;
    } else if (word === '--' && !isOperandsOnly) {
      isOperandsOnly = true;
    } else if (word.startsWith('-') && word !== '-' && !isOperandsOnly) {
      const option = findOption(word.replace(/=.*$/s, ''), command ?? standard, program);
      if (option !== null) given.add(option);
      open = option !== null && option.required && !word.includes('=') ? option : null;
    } else {
      const named: Command | null = command === null && operands.length === 0 ? findCommand(program, word) : null;
      if (named === null) operands.push(word);
      command ??= named;
    }
  }
  return { command: command ?? standard, isCommandNamed: command !== null, operands, given, open, isOperandsOnly };
}

function findCommand(program: Command, name: string): Command | null {
  return program.commands.find((command) => command.name() === name || command.aliases().includes(name)) ?? null;
}

function findOption(flag: string, command: Command, program: Command): Option | null {
  return [...command.options, ...program.options].find(({ short, long }) => flag === short || flag === long) ?? null;
}

async function valuesOf(option: Option, typed: string, line: Line, host: CompletionHost): Promise<Completion> {
  const fileValues = fileValuesOf(option.long, option.flags);
  if (fileValues !== null) {
    const torrent = line.operands.find((operand) => operand.endsWith('.torrent'));
    const names = torrent === undefined ? [] : await host.filesOf(torrent);
    return { candidates: fileValues(typed, names).map((text) => ({ text, description: '' })), paths: 'none' };
  }
  return placeholderValues(/[<[]([^>\]]*)[>\]]/.exec(option.flags)?.[1] ?? '', option.argChoices);
}

function placeholderValues(placeholder: string, choices: readonly string[] | undefined): Completion {
  if (choices !== undefined) return { candidates: choices.map((text) => ({ text, description: '' })), paths: 'none' };
  // `seed` takes both: data goes by any name.
  if (/PATH/.test(placeholder)) return { candidates: [], paths: 'files' };
  if (/TORRENT|\.torrent/.test(placeholder)) return { candidates: [], paths: 'torrents' };
  if (/DIR|FOLDER/.test(placeholder)) return { candidates: [], paths: 'folders' };
  return /FILE|LIST/.test(placeholder) ? { candidates: [], paths: 'files' } : NOTHING;
}

/** Shells compare with the whole word. */
function behindEquals(flag: string, { candidates, paths }: Completion): Completion {
  return { candidates: candidates.map(({ text, description }) => ({ text: `${flag}=${text}`, description })), paths };
}

function optionsOf({ command, given }: Line, program: Command): Completion {
  const help = command.createHelp();
  const options = [...help.visibleOptions(command), ...help.visibleOptions(program)];
  const candidates = new Map<string, string>();
  for (const option of options) {
    if (given.has(option) && !option.description.includes('(repeatable)')) continue;
    // commander keeps a second long spelling (`--limit-rate`) where a short one would be.
    for (const flag of [option.short, option.long]) {
      if (flag?.startsWith('--') === true && !candidates.has(flag)) candidates.set(flag, option.description);
    }
  }
  return { candidates: Array.from(candidates, ([text, description]) => ({ text, description })), paths: 'none' };
}

function operandsOf(line: Line, program: Command, { topics }: CompletionHost): Completion {
  const { command, isCommandNamed, operands, isOperandsOnly } = line;
  const argument = argumentAt(command, operands.length);
  const own = argument === null ? NOTHING : placeholderValues(argument.name(), argument.argChoices);
  const commands = program
    .createHelp()
    .visibleCommands(program)
    .map((other) => ({ text: other.name(), description: other.description() }));
  if (argument?.name() === 'COMMAND') return { candidates: commands, paths: 'none' };
  if (argument?.name() === 'TOPIC') {
    return { candidates: [...commands, ...topics.map((text) => ({ text, description: 'a topic' }))], paths: 'none' };
  }
  return isCommandNamed || operands.length > 0 || isOperandsOnly ? own : { ...own, candidates: commands };
}

function argumentAt(command: Command, index: number): Argument | null {
  const argument = command.registeredArguments[index] ?? command.registeredArguments.at(-1);
  return argument === undefined || (index >= command.registeredArguments.length && !argument.variadic) ? null : argument;
}

function startingWith(typed: string, { candidates, paths }: Completion): Completion {
  return { candidates: candidates.filter(({ text }) => text.startsWith(typed)), paths };
}

/** As the scripts read it: what the shell is to add, then a candidate a line, its description behind a tab. */
export function formatCompletion({ candidates, paths }: Completion): string {
  const lines = candidates
    // A name with a line feed or a tab in it would be two.
    .filter(({ text }) => !/[\p{Cc}]/u.test(text))
    .map(({ text, description }) => `${text}\t${description.replaceAll(/\s+/g, ' ')}`);
  return [`:${paths}`, ...lines, ''].join('\n');
}
