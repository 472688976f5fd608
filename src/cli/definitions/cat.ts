// `effusion cat` on the command line: its options in the groups of the help, and how it is run. The command itself is loaded when it
// runs.

import type { CatOptions } from '../commands/cat.js';
import { filesOption } from '../choice-options.js';
import { EXAMPLES } from '../help-texts.js';
import { listenOption, portmapOption, portOption } from '../network-options.js';
import { applySwitches } from '../network-switches.js';
import { parseRangeSpec, type RangeSpec } from '../../model/byte-range.js';
import { UsageError } from '../usage-error.js';
import { type CommandDefinition, TORRENT } from './program-host.js';
import { addReadingOptions } from './reading-options.js';

/** `A-B`, `A-` or `-N` as the Range header of HTTP has it. */
function parseRange(text: string): RangeSpec {
  const range = text.trim();
  const spec = parseRangeSpec(range);
  if (spec !== null) return spec;
  const why = /^\d+-\d+$/.test(range) ? ': it ends before it begins' : '';
  throw new UsageError(`--range: '${text}' is no range of bytes${why}`, 'Write 0-99 (the first hundred), 100- or -100.');
}

export const addCat: CommandDefinition = (program, host, globals) => {
  program
    .command('cat')
    .description('write verified bytes of a file to stdout, in order, as they come')
    .argument('<TORRENT>', TORRENT)
    .defineOptions((command) => {
      command
        .addOption(filesOption('the files to read, one after the other; not needed where there is one'))
        .option(
          '--range <A-B>',
          'these bytes of the file only, both ends included, from 0; A- to the end, -N the last N',
          parseRange,
        );
      addReadingOptions(command, [portOption(), portmapOption(), listenOption()], false);
    })
    .addHelpText('after', EXAMPLES.cat)
    .action(async (torrent: string, options: CatOptions) => {
      await host.run(globals(), async (context) =>
        (await import('../commands/cat.js')).cat(torrent, applySwitches(options), context),
      );
    });
};
