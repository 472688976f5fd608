// Options of one command line that leave each other without a use, as a table: one of them would be dropped without a word, and who wrote
// both meant something by it. Only what was typed counts: a default, wherever it comes from, gives way in silence.

import type { Command } from 'commander';
import { UsageError } from './usage-error.js';

/** What was typed, by the names that commander gives options. */
interface Typed {
  /** The name of the command. */
  readonly command: string;
  has(name: string, value?: unknown): boolean;
  value(name: string): unknown;
}

interface Contradiction {
  /** The option that has no use, as it is written. */
  readonly option: string;
  readonly isGiven: (typed: Typed) => boolean;
  /** What takes its use away, as it is written, and whether it was. */
  readonly other: string;
  readonly isOtherGiven: (typed: Typed) => boolean;
}

const given =
  (name: string, value?: unknown) =>
  (typed: Typed): boolean =>
    typed.has(name, value);

/** Info shows and keeps the trackers of `--tracker`, whether it asks them or not. */
const givenToAsk = (typed: Typed): boolean => typed.command !== 'info' && typed.has('tracker');

/** That of `stream` is where players come, and no peer. */
const givenForPeers = (typed: Typed): boolean => typed.command !== 'stream' && typed.has('port');

const ONLY_PEERS = { other: '--only-peers', isOtherGiven: given('onlyPeers') };
const NO_LISTEN = { other: '--no-listen', isOtherGiven: given('listen', false) };

const TABLE: readonly Contradiction[] = [
  { option: '--tracker', isGiven: givenToAsk, ...ONLY_PEERS },
  { option: '--port', isGiven: givenForPeers, ...ONLY_PEERS },
  { option: '--dht-bootstrap', isGiven: given('dhtBootstrap'), ...ONLY_PEERS },
  { option: '--port', isGiven: givenForPeers, ...NO_LISTEN },
  { option: '--tracker', isGiven: givenToAsk, other: '--no-trackers', isOtherGiven: given('trackers', false) },
  { option: '--dht-bootstrap', isGiven: given('dhtBootstrap'), other: '--no-dht', isOtherGiven: given('dht', false) },
  { option: '--dht-bootstrap', isGiven: given('dhtBootstrap'), other: '--proxy', isOtherGiven: given('proxy') },
  { option: '--webseed', isGiven: given('webseed'), other: '--webseeds never', isOtherGiven: given('webseeds', 'never') },
  { option: '--seed', isGiven: given('seed'), other: '--webseeds only', isOtherGiven: given('webseeds', 'only') },
  { option: '--seed', isGiven: given('seed'), other: '--seed-time 0', isOtherGiven: given('seedTime', 0) },
  { option: '--super-seeding', isGiven: given('superSeeding'), other: '--partial', isOtherGiven: given('partial') },
  { option: '--verbose', isGiven: given('verbose'), other: '--quiet', isOtherGiven: given('quiet') },
];

/** Throws UsageError. `command`: the one that is about to run, with its options. */
export function refuseContradictions(command: Command): void {
  const typed = typedIn(command);
  for (const { option, isGiven, other, isOtherGiven } of TABLE) {
    if (isGiven(typed) && isOtherGiven(typed))
      throw new UsageError(`${option} has no use with ${other}`, 'Leave out one of them.');
  }
  if (typed.command === 'info' && typed.has('timeout') && !typed.has('scrape')) {
    throw new UsageError('--timeout of info is that of --scrape', 'Add --scrape, or use --metadata-timeout for a magnet link.');
  }
  if (typed.command === 'seed' && leavesNobody(typed)) {
    throw new UsageError(
      "--exclude-tracker '*', --no-dht and --no-listen leave nobody to serve",
      'Leave out one of them, or name a peer with --peer HOST:PORT.',
    );
  }
}

function leavesNobody(typed: Typed): boolean {
  const globs = typed.value('excludeTracker');
  const isAll = Array.isArray(globs) && globs.some((glob) => /^\*+$/.test(String(glob).trim()));
  const isAlone = typed.has('listen', false) && typed.has('dht', false);
  return isAll && isAlone && !typed.has('peer') && !typed.has('tracker');
}

function typedIn(command: Command): Typed {
  const isTyped = (name: string): boolean => command.getOptionValueSourceWithGlobals(name) === 'cli';
  const value = (name: string): unknown => (isTyped(name) ? command.optsWithGlobals()[name] : undefined);
  return {
    command: command.name(),
    has: (name, wanted) => isTyped(name) && (wanted === undefined || value(name) === wanted),
    value,
  };
}
