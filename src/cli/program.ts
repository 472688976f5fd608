// The command tree. Loads commander and nothing heavier: what a command needs is imported when it runs, so that
// `--version` and `--help` start as quickly as Node itself nearly does. Each command is defined in definitions/.

import type { Command } from 'commander';
import { refuseContradictions } from './contradictions.js';
import { addCat } from './definitions/cat.js';
import { addCompletion } from './definitions/completion.js';
import { addConfig } from './definitions/config.js';
import { addCreate } from './definitions/create.js';
import { addDownload } from './definitions/download.js';
import { addDoctor } from './definitions/doctor.js';
import { addEdit } from './definitions/edit.js';
import { addFiles } from './definitions/files.js';
import { addGlobalOptions } from './definitions/global-options.js';
import { addHelp } from './definitions/help.js';
import { addInfo } from './definitions/info.js';
import { addMagnet } from './definitions/magnet.js';
import { addMetadata } from './definitions/metadata.js';
import { addPeers } from './definitions/peers.js';
import type { CommandDefinition, ProgramHost } from './definitions/program-host.js';
import { addSeed } from './definitions/seed.js';
import { addStream } from './definitions/stream.js';
import { addSwarm } from './definitions/swarm.js';
import { addVerify } from './definitions/verify.js';
import { refuseEmptyValues } from './empty-values.js';
import { LazyCommand } from './lazy-command.js';
import { fitHelp } from './render/fit-help.js';
import { OVERVIEW } from './help-texts.js';
import { WITHOUT_SETTINGS } from './settings/setting.js';
import { understandOthers } from './understand-others.js';
import type { GlobalOptions } from './options.js';

/** In the order of the help. */
const COMMANDS: readonly CommandDefinition[] = [
  addDownload,
  addCat,
  addStream,
  addSeed,
  addCreate,
  addEdit,
  addInfo,
  addFiles,
  addMagnet,
  addMetadata,
  addVerify,
  addPeers,
  addDoctor,
  addSwarm,
  addConfig,
  addCompletion,
  addHelp,
];

/** Columns for what is said of an option; commander's own 40 would wrap nothing at 80. */
const MIN_WIDTH_TO_WRAP = 24;

export function createProgram(host: ProgramHost): LazyCommand {
  const program = new LazyCommand('effusion')
    .description('Downloads, serves, makes and checks torrents.')
    .version(host.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', OVERVIEW)
    .configureHelp({
      helpWidth: host.helpWidth,
      showGlobalOptions: true,
      minWidthToWrap: MIN_WIDTH_TO_WRAP,
      subcommandTerm,
      styleTitle,
    })
    // What is wrong is thrown and reported by report-error.ts: commander itself stays silent.
    .configureOutput({
      writeOut: (text) => host.writeOut(fitHelp(text, host.helpWidth)),
      writeErr: host.writeOut,
      outputError: () => {},
    })
    .exitOverride();
  addGlobalOptions(program);
  for (const add of COMMANDS) add(program, host, () => program.opts<GlobalOptions>());
  understandOthers(program);
  program.hook('preAction', (_, command) => refuseContradictions(command));
  program.hook('preAction', async (_, command) => {
    // Help must come where the configuration is broken.
    if (WITHOUT_SETTINGS.has(command.name())) return;
    await (await import('./settings/apply-settings.js')).applySettings(program, command, host.environment);
  });
  program.hook('preAction', (_, command) => {
    // A shell asks what may come where nothing stands yet.
    if (!WITHOUT_SETTINGS.has(command.name())) refuseEmptyValues(program, command);
  });
  return program;
}

/** Without the word [options], which says nothing and takes the room of what is said. */
function subcommandTerm(command: Command): string {
  return `${[command.name(), ...command.aliases().slice(0, 1)].join('|')} ${command.usage().replace(/^\[options\] ?/, '')}`.trimEnd();
}

/** The one title that commander writes itself, in words and letters like ours. */
function styleTitle(title: string): string {
  return title === 'Global Options:' ? 'Options of every command:' : title;
}
