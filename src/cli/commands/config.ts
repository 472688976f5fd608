// `effusion config`: every option with its value and where that comes from, as the commands would see it. What is printed is TOML, so it can
// begin a file. Logins and keys in addresses are not shown.

import type { Command, Option } from 'commander';
import { redactUrls } from '../../model/redact-url.js';
import { findNearest } from '../edit-distance.js';
import { sanitise } from '../render/sanitise.js';
import { applySettings, type AppliedSettings, type ValueSource } from '../settings/apply-settings.js';
import { chooseFile, type Environment } from '../settings/config-file.js';
import { settingsOf, WHICH_FILE, type Setting } from '../settings/setting.js';
import { UsageError } from '../usage-error.js';

export interface ConfigOptions {
  readonly path?: boolean;
  readonly json?: boolean;
}

export interface ConfigRequest {
  /** A command; undefined: all. */
  readonly name: string | undefined;
  /** Options of that command. */
  readonly rest: readonly string[];
  readonly options: ConfigOptions;
  readonly program: Command;
  readonly environment: Environment;
}

interface SettingRow {
  /** Null for what every command takes. */
  readonly command: string | null;
  readonly key: string;
  /** Null where there is none; text as it was written, or what TOML has. */
  readonly value: unknown;
  readonly source: 'default' | 'file' | 'env' | 'flag';
  /** The variable, or the file and line; null else. */
  readonly from: string | null;
  /** Where there is no value: what holds then, as the help says it; null where nothing does. */
  readonly otherwise: string | null;
}

const MAX_TEXT = 1000;

/** The lines for stdout. Throws UsageError. */
export async function showConfig({ name, rest, options, program, environment }: ConfigRequest): Promise<string[]> {
  const command = name === undefined ? null : findCommand(program, name);
  if (options.path === true) return [chooseFile(program.getOptionValue('config'), environment)?.path ?? ''];
  const flags = command === null ? new Map<Option, string>() : readFlags(command, rest);
  const shown = command === null ? program.commands.filter((candidate) => settingsOf(candidate).length > 0) : [command];
  let applied = await applySettings(program, program, environment);
  const rows = describeSettings(program, null, applied, flags);
  for (const target of shown) {
    applied = await applySettings(program, target, environment);
    rows.push(...describeSettings(target, target.name(), applied, flags));
  }
  const { file, isFileThere } = applied;
  return options.json === true ? [JSON.stringify({ file, isFileThere, settings: rows })] : formatRows(rows, applied);
}

function findCommand(program: Command, name: string): Command {
  const found = program.commands.find((command) => command.name() === name || command.aliases().includes(name));
  if (found !== undefined) return found;
  const near = findNearest(
    name,
    program.commands.map((command) => command.name()),
  );
  if (name.startsWith('-')) throw new UsageError(`unknown option '${name}'`, 'See effusion config --help.');
  throw new UsageError(`there is no command '${name}'`, near === null ? 'See effusion --help.' : `Did you mean ${near}?`);
}

/** The flags that follow the command's name, as they were written. */
function readFlags(command: Command, rest: readonly string[]): Map<Option, string> {
  const flags = new Map<Option, string>();
  for (const { option } of settingsOf(command)) {
    // Spellings of other programs write there too.
    for (const spelling of command.options.filter((other) => other.attributeName() === option.attributeName())) {
      command.on(`option:${spelling.name()}`, (text: string | null | undefined) => flags.set(option, text ?? 'true'));
    }
  }
  const { unknown } = command.parseOptions([...rest]);
  if (unknown.length > 0) throw new UsageError(`unknown option '${unknown[0]}'`, `See effusion ${command.name()} --help.`);
  return flags;
}

function describeSettings(
  target: Command,
  command: string | null,
  { sources }: AppliedSettings,
  flags: ReadonlyMap<Option, string>,
): SettingRow[] {
  return settingsOf(target)
    .filter(({ key }) => !WHICH_FILE.has(key))
    .map((setting) => {
      const found = valueOf(setting, target, sources.get(setting.option), flags);
      return { command, key: setting.key, ...found, otherwise: found.value === null ? describedDefault(setting.option) : null };
    });
}

/** Defaults that depend on the run, or on the data, are no values of the option: its description has them. */
function describedDefault({ description }: Option): string | null {
  const [, always] = /\(default: ([^;)]+)/.exec(description) ?? [];
  if (always !== undefined) return always;
  const [, unattended] = /without a terminal (\w+)/.exec(description) ?? [];
  return unattended === undefined ? null : `off; without a terminal ${unattended}`;
}

function valueOf(
  { option, isSwitch }: Setting,
  target: Command,
  source: ValueSource | undefined,
  flags: ReadonlyMap<Option, string>,
): Omit<SettingRow, 'command' | 'key' | 'otherwise'> {
  const value: unknown = target.getOptionValue(option.attributeName());
  const isFlag = target.getOptionValueSource(option.attributeName()) === 'cli';
  const isOn = isSwitch && (option.negate ? value === false : value === true);
  if (isFlag) return { value: isSwitch ? isOn : redact(flags.get(option) ?? value), source: 'flag', from: null };
  if (source === undefined) return { value: isSwitch ? isOn : (option.defaultValue ?? null), source: 'default', from: null };
  const written: unknown = source.source === 'file' ? JSON.parse(source.text) : source.text;
  return { value: isSwitch ? isOn : redact(written), source: source.source, from: source.from };
}

function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  return typeof value === 'string' ? sanitise(redactUrls(value), MAX_TEXT) : value;
}

function formatRows(rows: readonly SettingRow[], { file, isFileThere }: AppliedSettings): string[] {
  const lines = [file === null ? '# no configuration file' : `# ${file}${isFileThere ? '' : ' (not there)'}`];
  let command: string | null = null;
  for (const row of rows) {
    if (row.command !== command) lines.push('', `[${row.command ?? ''}]`);
    command = row.command;
    const text = row.value === null ? `# ${row.key}` : `${row.key} = ${JSON.stringify(row.value)}`;
    lines.push(`${text.padEnd(35)} # ${whence(row)}`);
  }
  return lines;
}

function whence({ value, source, from, otherwise }: SettingRow): string {
  if (source === 'default' && value === null) return otherwise === null ? 'not set' : `default: ${otherwise}`;
  if (source === 'default') return 'default';
  return source === 'flag' ? 'flag' : `${source} ${sanitise(from ?? '', MAX_TEXT)}`;
}
