// A setting is an option that may also come from a variable or from the configuration file. They are read off the command tree, so a new
// option is a setting without another word; what belongs to one torrent or one run is none.

import type { Command, Option } from 'commander';
import { ForeignOption } from '../foreign-option.js';

/** What belongs to one torrent or one run: kept for every run it would do harm, or nothing. */
const OF_ONE_RUN: ReadonlySet<string> = new Set([
  'checksum',
  'checksums',
  'comment',
  'dry-run',
  // Looked for in the arguments before anything else is read.
  'events',
  'files',
  'help',
  'input-file',
  'name',
  'priority',
  'range',
  'receipt',
  'rename',
  'report',
  'save',
  'version',
]);

/** They say which file is read, so they can't stand in it. */
export const WHICH_FILE: ReadonlySet<string> = new Set(['config', 'no-config']);

/** Commands that are only asked: they answer the same wherever they run, also where the configuration is broken. */
export const WITHOUT_SETTINGS: ReadonlySet<string> = new Set(['config', 'completion', '__complete', 'help']);

export interface Setting {
  /** The long option without its dashes, e.g. `max-download`; that of a variable is made of it. */
  readonly key: string;
  readonly option: Option;
  /** Has no value of its own: on or off. */
  readonly isSwitch: boolean;
}

/** A name that a setting goes by. `isInverted`: `dht` for `--no-dht`, or `no-fsync` for `--fsync`. */
interface SettingName {
  readonly setting: Setting;
  readonly isInverted: boolean;
}

const nameOf = (flag: string): string => flag.replace(/^--/, '');

/** The settings of one command, or, of the program, of all commands. */
export function settingsOf(command: Command): Setting[] {
  if (WITHOUT_SETTINGS.has(command.name())) return [];
  return command.options
    .filter((option) => option.long !== undefined && !option.hidden && !(option instanceof ForeignOption))
    .map((option) => ({ key: nameOf(option.long ?? ''), option, isSwitch: option.isBoolean() || option.negate }))
    .filter(({ key }) => !OF_ONE_RUN.has(key));
}

export function isOfOneRun(key: string): boolean {
  return OF_ONE_RUN.has(key) || WHICH_FILE.has(key);
}

/** Every name that a key or a variable may use: the option's, its other spelling, and the opposite of a switch. */
export function settingNames(settings: readonly Setting[]): Map<string, SettingName> {
  const names = new Map<string, SettingName>();
  for (const setting of settings) {
    names.set(setting.key, { setting, isInverted: false });
    // commander keeps a second long spelling (`--limit-rate`) where a short one would be.
    const { short } = setting.option;
    if (short?.startsWith('--') === true) names.set(nameOf(short), { setting, isInverted: false });
  }
  for (const setting of settings) {
    if (!setting.isSwitch) continue;
    const opposite = setting.key.startsWith('no-') ? setting.key.slice(3) : `no-${setting.key}`;
    if (!names.has(opposite)) names.set(opposite, { setting, isInverted: true });
  }
  return names;
}

const PREFIX = 'EFFUSION_';

/** Whether there is one of ours at all. Windows does not tell the case of their names apart. */
export function hasVariables(environment: Readonly<Record<string, string | undefined>>): boolean {
  return Object.keys(environment).some((name) => name.toUpperCase().startsWith(PREFIX));
}

/** `max-download` → `EFFUSION_MAX_DOWNLOAD`. */
export function variableOf(key: string): string {
  return `${PREFIX}${key.toUpperCase().replaceAll('-', '_')}`;
}

/** What stands for the value in the help, e.g. `DIR`; empty for a switch. */
export function placeholderOf({ option }: Setting): string {
  return /[<[]([^>\]]*)[>\]]/.exec(option.flags)?.[1] ?? '';
}
