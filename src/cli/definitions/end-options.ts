// The options on when a run ends that several commands take (how long it serves), and on whether its data may be trusted (checksums),
// each made once.

import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { parseChecksum, type WantedChecksum } from '../checksum-list.js';
import { durationOption } from '../network-options.js';
import { parseRatio, parseSeed } from '../seed-goal.js';
import { UsageError } from '../usage-error.js';

const collectChecksums = (text: string, previous: readonly WantedChecksum[] = []): WantedChecksum[] => [
  ...previous,
  parseChecksum(text, '--checksum'),
];

const collectFiles = (file: string, previous: readonly string[] = []): string[] => [...previous, file];

/** In a group of the help of their own. */
export function addChecksumOptions(command: Command): Command {
  return command
    .optionsGroup('Checksums:')
    .addOption(
      new Option(
        '--checksum <KIND:HEX[:FILE]>',
        'what sha256, sha512, sha1 or md5 of the file must be, a file of the torrent or its only one; exit 11 (repeatable)',
      ).argParser(collectChecksums),
    )
    .addOption(
      new Option('--checksums <LIST>', 'the same for the files that a list names, such as SHA256SUMS (repeatable)').argParser(
        collectFiles,
      ),
    );
}

/** `after`: of download, which may serve when it is done. */
export function addSeedOptions(command: Command, after: boolean): Command {
  command.optionsGroup('How long to seed:');
  if (after) {
    command.addOption(
      new Option('--seed [=RATIOx|TIME]', 'serve what is whole: until stopped, or --seed=1.5x, or --seed=30m').argParser((text) =>
        parseSeed(text, '--seed'),
      ),
    );
    bindSeed(command);
  }
  const off = after ? ' (0: not at all, whatever the ratio)' : ' (0: no limit)';
  return command
    .addOption(
      new Option(
        '--seed-ratio <N>',
        `serve until so many times its size was sent (0: no limit${after ? ', and alone no reason to serve' : ''})`,
      ).argParser((text) => parseRatio(text, '--seed-ratio')),
    )
    .addOption(durationOption('--seed-time <TIME>', `serve for so long, or until --seed-ratio${off}`));
}

/**
 * `--seed FILE`: what follows an option whose value is optional is not its value, as with everything that is written with a `=`. What looks
 * like a value and is no file was meant as one.
 */
function bindSeed(command: Command): void {
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (words) => {
    const end = words.indexOf('--');
    return parse(
      words.map((word, index) => {
        if (word !== '--seed' || (end >= 0 && index > end)) return word;
        const next = words.at(index + 1) ?? '';
        if (/^-?[0-9.]+[a-z]{0,2}$/i.test(next) && !existsSync(next)) {
          const example = next.startsWith('-') ? '--seed=1.5x or --seed=30m' : `--seed=${next}`;
          throw new UsageError(`--seed: '${next}' stands apart from it, and is no file`, `Its value is behind a =: ${example}.`);
        }
        return '--seed=';
      }),
    );
  };
}
