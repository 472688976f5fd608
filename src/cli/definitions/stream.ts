// `effusion stream` on the command line: its options in the groups of the help, and how it is run. The command itself is loaded when it
// runs.

import type { StreamOptions } from '../commands/stream.js';
import { filesOption } from '../choice-options.js';
import { EXAMPLES } from '../help-texts.js';
import { listenOption, portmapOption } from '../network-options.js';
import { applySwitches } from '../network-switches.js';
import { parsePlayer } from '../player.js';
import { UsageError } from '../usage-error.js';
import { type CommandDefinition, TORRENT } from './program-host.js';
import { addReadingOptions } from './reading-options.js';

function parseHttpPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new UsageError(`--port: '${text}' is no port`, 'Use 0 (any free one) to 65535.');
  return port;
}

export const addStream: CommandDefinition = (program, host, globals) => {
  program
    .command('stream')
    .description('serve the files of a torrent over HTTP on this machine, for players, as they come')
    .argument('<TORRENT>', TORRENT)
    .defineOptions((command) => {
      command
        .addOption(filesOption('the files to serve; all others are left out'))
        .option('--port <N>', 'serve HTTP on this port of 127.0.0.1 (default: any free one)', parseHttpPort)
        .option(
          '--open <PLAYER>',
          'start this player with the URL, and end with it; its arguments behind spaces, quoted as in a shell',
          parsePlayer,
        );
      addReadingOptions(command, [portmapOption(), listenOption()], true);
    })
    .addHelpText('after', EXAMPLES.stream)
    .action(async (torrent: string, { port, ...options }: StreamOptions) => {
      await host.run(globals(), async (context) =>
        (await import('../commands/stream.js')).stream(
          torrent,
          { ...applySwitches(options), ...(port === undefined ? {} : { port }) },
          context,
        ),
      );
    });
};
