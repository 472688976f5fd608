// Options that refuse each other are an error where one hand wrote both. Where one stands in the file and the other is a flag, the flag is
// what is meant now: what was said farther away gives way, as a value does.

import type { Command } from 'commander';

/** Pairs of commander's names, as network-switches.ts and port-mapping-option.ts refuse them. */
const EXCLUSIONS: readonly (readonly [string, string])[] = [
  ['port', 'proxy'],
  ['portmap', 'proxy'],
  ['portmap', 'interface'],
  ['portmap', 'listen'],
  ['portmap', 'onlyPeers'],
];

/** From far to near. */
const SOURCES = ['config', 'env', 'cli'];

/** Takes back what gives way; answers the names of it. */
export function giveWay(command: Command): Set<string> {
  const gone = new Set<string>();
  for (const pair of EXCLUSIONS) {
    const [first, second] = pair.map((name) => nearnessOf(command, name));
    if (first < 0 || second < 0 || first === second) continue;
    const loser = pair[first < second ? 0 : 1];
    const option = command.options.find((candidate) => candidate.attributeName() === loser);
    command.setOptionValueWithSource(loser, option?.negate === true ? true : option?.defaultValue, 'default');
    gone.add(loser);
  }
  return gone;
}

/** -1: not asked for. `--no-listen` asks by false. */
function nearnessOf(command: Command, name: string): number {
  const value: unknown = command.getOptionValue(name);
  const isAsked = name === 'listen' ? value === false : value !== undefined && value !== false;
  return isAsked ? SOURCES.indexOf(command.getOptionValueSource(name) ?? '') : -1;
}
