// `effusion edit` on the command line: its options, those that change the info hash in a group of their own, and how it is run. The command
// itself is loaded when it runs. Nothing of it but a torrent by URL speaks to a network.

import { Option } from 'commander';
import { type EditOptions, parseCreationDate, parseReplacement } from '../edit-options.js';
import { EXAMPLES } from '../help-texts.js';
import { interfaceOption, proxyOption } from '../network-options.js';
import { parseTier, parseUrl } from '../options.js';
import { UsageError } from '../usage-error.js';
import type { CommandDefinition } from './program-host.js';
import { GROUP } from './swarm-options.js';

/** A repeatable option whose values are read by `parse`. */
function repeatable(flags: string, description: string, parse: (text: string) => unknown): Option {
  const collect = (text: string, previous: readonly unknown[] = []): unknown[] => [...previous, parse(text)];
  return new Option(flags, `${description} (repeatable)`).argParser(collect);
}

const glob =
  (option: string) =>
  (text: string): string => {
    if (text.trim() === '') throw new UsageError(`${option} names nothing`, 'Give it a URL, with * for any characters.');
    return text.trim();
  };

export const addEdit: CommandDefinition = (program, host, globals) => {
  program
    .command('edit')
    .description('change trackers, comment and the like of a torrent file')
    .argument('<FILE.torrent>', 'the torrent file')
    .defineOptions((command) => {
      command
        .option('-o, --output <FILE>', 'the torrent file to write')
        .option('--in-place', 'change the file itself')
        .option('--force', 'replace the file of --output where it exists')
        .option('--json', 'print one JSON object')
        .optionsGroup('Trackers and web seeds:')
        .addOption(
          repeatable('--tracker <URL>', 'these instead of all that are there; each is a tier, commas join URLs in one', (text) =>
            parseTier(text, '--tracker'),
          ),
        )
        .addOption(
          repeatable('--add-tracker <URL>', 'one more tier, behind those that are there', (text) =>
            parseTier(text, '--add-tracker'),
          ),
        )
        .addOption(
          repeatable('--remove-tracker <GLOB>', 'a tracker to take out: its URL, * for any characters', glob('--remove-tracker')),
        )
        .addOption(repeatable('--replace-tracker <OLD=NEW>', 'a tracker in the place of another one', parseReplacement))
        .option('--clear-trackers', 'take all trackers out')
        .addOption(
          repeatable('--add-web-seed <URL>', 'one more web server that has the data', (text) =>
            parseUrl(text, '--add-web-seed', ['http:', 'https:', 'ftp:']),
          ),
        )
        .addOption(
          repeatable(
            '--remove-web-seed <GLOB>',
            'a web seed to take out: its URL, * for any characters',
            glob('--remove-web-seed'),
          ),
        )
        .optionsGroup('Facts:')
        .option('--comment <TEXT>', "a comment for people; '' takes it out")
        .option('--created-by <TEXT>', "the program that made it; '' takes it out")
        .addOption(new Option('--creation-date <DATE>', 'a day, a time with its zone, or none').argParser(parseCreationDate))
        .optionsGroup('What makes another torrent of it:')
        .option('--allow-new-hash', 'change the info hash where one of these asks for it')
        .option('--name <NAME>', 'the name of the file or folder')
        .option('--private', 'peers are to come from the trackers only (BEP 27)')
        .option('--no-private', 'peers may come from everywhere')
        .option('--source <TEXT>', "a mark that sets it apart from the same data's torrents elsewhere; '' takes it out")
        .optionsGroup(GROUP.network)
        .addOption(proxyOption())
        .addOption(interfaceOption());
    })
    .addHelpText('after', EXAMPLES.edit)
    .action(async (file: string, options: EditOptions) => {
      await host.run(globals(), async (context) => (await import('../commands/edit.js')).edit(file, options, context));
    });
};
