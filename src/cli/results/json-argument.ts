// `--json` in the arguments of a run that was refused before its options were read whole: by an unknown option, by a value that is none. Whoever
// asked for the result as JSON reads it there too. Only of commands whose object says how a torrent ended: others print what they know.

import { readSwitch } from '../settings/config-file.js';

const COMMANDS: ReadonlySet<string> = new Set(['download', 'get', 'seed']);

export interface RefusedRun {
  readonly argv: readonly string[];
  /** Every name of a command: another word belongs to the default one, download. */
  readonly commandNames: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function asksForResult({ argv, commandNames, environment }: RefusedRun): boolean {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  const command = words.find((word) => !word.startsWith('-')) ?? '';
  if (commandNames.includes(command) && !COMMANDS.has(command)) return false;
  const flag = words.findLast((word) => word === '--json' || word === '--no-json');
  return flag === undefined ? isOn(environment['EFFUSION_JSON'] ?? '') : flag === '--json';
}

function isOn(text: string): boolean {
  try {
    return readSwitch(text, 'EFFUSION_JSON') === true;
  } catch {
    return false;
  }
}
