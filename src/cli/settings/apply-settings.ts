// Variables and the configuration file become options of the command that runs: flag > EFFUSION_* > file > default. A value goes through
// the parser that the flag has, so it means the same and fails in the same words, with the place it came from in front.

import { InvalidArgumentError, type Command, type Option } from 'commander';
import { findNearest } from '../edit-distance.js';
import { ALIASES } from '../foreign-spellings.js';
import { didYouMean, suggestOptions } from '../option-suggestion.js';
import { UsageError } from '../usage-error.js';
import { chooseFile, expandHome, placeOf, readConfigFile, readSwitch, type Environment, type FileEntry } from './config-file.js';
import { giveWay } from './give-way.js';
import { hasVariables, isOfOneRun, placeholderOf, settingNames, settingsOf, variableOf, type Setting } from './setting.js';

/** Where a value came from, as `effusion config` tells it. */
export interface ValueSource {
  readonly source: 'env' | 'file';
  /** The variable, or the file with the line. */
  readonly from: string;
  /** As it was written. */
  readonly text: string;
}

export interface AppliedSettings {
  /** The file, whether it is there or not; null where none is read. */
  readonly file: string | null;
  readonly isFileThere: boolean;
  /** By the option, of what is neither a flag nor a default. */
  readonly sources: ReadonlyMap<Option, ValueSource>;
}

/** What one place says of one option. */
interface Assignment {
  readonly setting: Setting;
  /** For a switch whether it is given; else its values as a flag would have them. */
  readonly value: boolean | readonly string[];
  readonly source: ValueSource;
}

/** Sets options of the program and of `command`. Throws UsageError that names the variable, or file, line and key. */
export async function applySettings(program: Command, command: Command, environment: Environment): Promise<AppliedSettings> {
  const file = chooseFile(program.getOptionValue('config'), environment);
  const entries = file === null ? null : await readConfigFile(file.path, file.isNamed);
  const found = file === null || entries === null ? null : { file: file.path, entries };
  const sources = new Map<Option, ValueSource>();
  if (found !== null) checkKeys(found.entries, program, found.file);
  for (const target of command === program ? [program] : [program, command]) {
    const assignments = [
      ...(found === null ? [] : readEntries(found.entries, target, program, environment, found.file)),
      ...readVariables(target, program, environment),
    ];
    for (const assignment of assignments) {
      if (assign(target, assignment)) sources.set(assignment.setting.option, assignment.source);
    }
  }
  const gone = giveWay(command);
  for (const option of sources.keys()) if (gone.has(option.attributeName())) sources.delete(option);
  return { file: file?.path ?? null, isFileThere: entries !== null, sources };
}

/** A slip in a key is an error even where the command of this run would not look at it. */
function checkKeys(entries: readonly FileEntry[], program: Command, file: string): void {
  for (const { table, key, line } of entries) {
    const where = placeOf(file, line);
    const command = table === null ? null : findCommand(program, table);
    if (command === undefined) {
      const names = program.commands.map((candidate) => candidate.name()).filter((name) => !name.startsWith('_'));
      throw new UsageError(`${where}: there is no command '${table}'`, nearTable(table ?? '', names));
    }
    const commands = command === null ? [program, ...program.commands] : [command];
    const names = new Set(commands.flatMap((candidate) => [...settingNames(settingsOf(candidate)).keys()]));
    if (isOfOneRun(key)) {
      throw new UsageError(`${where}: '${key}' belongs to one run`, 'Give it on the command line.');
    }
    if (names.has(key)) continue;
    const place = table === null ? '' : ` of effusion ${table}`;
    throw new UsageError(`${where}: there is no option '${key}'${place}`, nearKeys(key, [...names]));
  }
}

function nearTable(table: string, names: readonly string[]): string {
  const near = findNearest(table, names);
  return near === null ? 'See effusion --help for the commands.' : `Did you mean [${near}]?`;
}

/** `key` may be what another program calls it, or written as its language has it: max_download, maxDownload. */
function nearKeys(key: string, names: readonly string[]): string {
  const flag = `--${key.replaceAll('_', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const ours = ALIASES.find(([theirs]) => theirs.split(', ').includes(flag))?.[1];
  const flags = names.map((name) => `--${name}`);
  const found = flags.includes(flag) ? [flag] : ours !== undefined && flags.includes(ours) ? [ours] : suggestOptions(flag, flags);
  const hint = didYouMean(found.map((name) => name.slice(2)));
  return hint === '' ? 'See effusion config for the keys.' : hint;
}

function findCommand(program: Command, name: string): Command | undefined {
  return program.commands.find((command) => command.name() === name || command.aliases().includes(name));
}

/** What holds for every command holds where the option means the same: `-o DIR` of download is not `-o FILE` of create. */
function isMeantForAll(setting: Setting, program: Command): boolean {
  for (const command of [program, ...program.commands]) {
    const first = settingsOf(command).find(({ key }) => key === setting.key);
    if (first !== undefined) return placeholderOf(first) === placeholderOf(setting);
  }
  return false;
}

function readEntries(
  entries: readonly FileEntry[],
  target: Command,
  program: Command,
  environment: Environment,
  file: string,
): Assignment[] {
  const names = settingNames(settingsOf(target));
  const own = new Set([target.name(), ...target.aliases()]);
  // A command's own table comes later, so that it wins.
  const ofAll = entries.filter((entry) => entry.table === null);
  const ofCommand = target === program ? [] : entries.filter((entry) => entry.table !== null && own.has(entry.table));
  return [...ofAll, ...ofCommand].flatMap((entry) => {
    const name = names.get(entry.key);
    if (name === undefined) return [];
    if (entry.table === null && !isMeantForAll(name.setting, program)) return [];
    const where = `${placeOf(file, entry.line)}: ${entry.key}`;
    const value = name.setting.isSwitch
      ? readFileSwitch(entry.value, where) !== name.isInverted
      : readFileValues(entry.value, name.setting, where, environment);
    if (value === null) return [];
    const text = JSON.stringify(entry.value);
    return [{ setting: name.setting, value, source: { source: 'file', from: placeOf(file, entry.line), text } }];
  });
}

function readFileSwitch(value: unknown, where: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new UsageError(`${where} is a switch`, 'Write true or false.');
}

/** Null for `false` of an option whose value may be left out. */
function readFileValues(
  value: unknown,
  { option, ...setting }: Setting,
  where: string,
  environment: Environment,
): string[] | null {
  if (option.optional && value === false) return null;
  if (option.optional && value === true) return [];
  const isPath = /DIR|FILE|LIST|PATH/.test(placeholderOf({ option, ...setting }));
  return (Array.isArray(value) ? value : [value]).map((item: unknown) => {
    if (typeof item === 'number' || typeof item === 'bigint') return String(item);
    if (typeof item !== 'string')
      throw new UsageError(`${where} takes a value`, 'Write a string or a number, or an array of them.');
    return isPath ? expandHome(item, environment) : item;
  });
}

/** A variable that is empty is not set, as NO_COLOR has it. Unknown ones are left alone: other programs may have theirs. */
function readVariables(target: Command, program: Command, environment: Environment): Assignment[] {
  const found: Assignment[] = [];
  if (!hasVariables(environment)) return found;
  for (const [key, { setting, isInverted }] of settingNames(settingsOf(target))) {
    const variable = variableOf(key);
    const text = environment[variable] ?? '';
    if (text === '' || isOfOneRun(key) || !isMeantForAll(setting, program)) continue;
    const source: ValueSource = { source: 'env', from: variable, text };
    if (setting.isSwitch) {
      found.push({ setting, value: readSwitch(text, variable) !== isInverted, source });
    } else {
      found.push({ setting, value: text.split('\n').filter((line) => line !== ''), source });
    }
  }
  return found;
}

/** Whether it was taken: a flag stays. */
function assign(target: Command, { setting: { key, option }, value, source }: Assignment): boolean {
  const attribute = option.attributeName();
  if (target.getOptionValueSource(attribute) === 'cli') return false;
  const where = source.source === 'env' ? source.from : `${source.from}: ${key}`;
  // What `--no-dht` sets is `dht`, the other way round.
  const parsed = typeof value === 'boolean' ? value !== option.negate : parseValues(option, value, where);
  target.setOptionValueWithSource(attribute, parsed, source.source === 'env' ? 'env' : 'config');
  return true;
}

function parseValues(option: Option, texts: readonly string[], where: string): unknown {
  // Given without the value that it may have.
  if (texts.length === 0)
    return typeof option.presetArg === 'string' ? parseOne(option, option.presetArg, undefined, where) : true;
  let parsed: unknown;
  for (const text of texts) parsed = parseOne(option, text, parsed, where);
  if (texts.length > 1 && !Array.isArray(parsed)) throw new UsageError(`${where} takes one value`, 'Leave the others out.');
  return parsed;
}

function parseOne(option: Option, text: string, previous: unknown, where: string): unknown {
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, previous);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new UsageError(`${where}: '${text}' cannot be used`, error.message);
    if (error instanceof UsageError) throw new UsageError(`${where}: ${withoutFlag(error.message, option)}`, error.detail.hint);
    throw error;
  }
}

/** The place names it already. */
function withoutFlag(message: string, option: Option): string {
  const prefix = `${option.long ?? ''}: `;
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}
