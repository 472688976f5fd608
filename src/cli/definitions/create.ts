// `effusion create` on the command line: its options and how it is run. The command itself is loaded when it runs.
// Nothing of it speaks to a network.

import { Option } from 'commander';
import type { CreateOptions } from '../commands/create.js';
import { EXAMPLES } from '../help-texts.js';
import { pieceLengthOption, tiersOption } from '../network-options.js';
import { parseUrl } from '../options.js';
import type { CommandDefinition } from './program-host.js';

const collectSeeds = (text: string, previous: readonly string[] = []): string[] => [
  ...previous,
  parseUrl(text, '--web-seed', ['http:', 'https:', 'ftp:']),
];

const collectGlobs = (text: string, previous: readonly string[] = []): string[] => [...previous, text];

export const addCreate: CommandDefinition = (program, host, globals) => {
  program
    .command('create')
    .description('make a torrent of a file or a folder')
    .argument('<PATH>', 'the file or folder')
    .defineOptions((command) => {
      command
        .option('-o, --output <FILE>', 'the torrent file to write (default: NAME.torrent in the current folder)')
        .addOption(pieceLengthOption())
        .addOption(tiersOption())
        .addOption(new Option('--web-seed <URL>', 'a web server that has the data (repeatable)').argParser(collectSeeds))
        .option('--private', 'peers are to come from the trackers only (BEP 27)')
        .option('--comment <TEXT>', 'a comment for people')
        .option('--name <NAME>', 'the name in the torrent (default: the name of PATH)')
        .option('--source <TEXT>', "a mark that gives it another info hash than the same data's torrents elsewhere")
        .addOption(
          new Option(
            '--exclude <GLOB>',
            'leave out files and folders of that name, or with a slash of that path below PATH, * for any characters (repeatable)',
          ).argParser(collectGlobs),
        )
        .option('--no-default-excludes', 'take in what operating systems leave in folders, such as .DS_Store and Thumbs.db')
        .option('--magnet', 'print the magnet link too')
        .option('--force', 'replace the torrent file where it exists')
        .option('--json', 'print one JSON object');
    })
    .addHelpText('after', EXAMPLES.create)
    .action(async (source: string, options: CreateOptions) => {
      await host.run(globals(), async (context) => (await import('../commands/create.js')).create(source, options, context));
    });
};
