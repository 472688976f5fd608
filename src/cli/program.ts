// The command tree. Loads commander and nothing heavier: what a command needs is imported when it runs, so that
// `--version` and `--help` start as quickly as Node itself nearly does. Each command is defined in definitions/.

import { Command } from 'commander';
import { addCat } from './definitions/cat.js';
import { addCreate } from './definitions/create.js';
import { addDownload } from './definitions/download.js';
import { addHelp } from './definitions/help.js';
import { addInfo } from './definitions/info.js';
import type { CommandDefinition, ProgramHost } from './definitions/program-host.js';
import { addSeed } from './definitions/seed.js';
import { addStream } from './definitions/stream.js';
import { addVerify } from './definitions/verify.js';
import { OVERVIEW } from './help-texts.js';
import type { GlobalOptions } from './options.js';

/** In the order of the help. */
const COMMANDS: readonly CommandDefinition[] = [addDownload, addCat, addStream, addSeed, addCreate, addInfo, addVerify, addHelp];

export function createProgram(host: ProgramHost): Command {
  const program = new Command('effusion')
    .description('Downloads, serves, makes and checks torrents.')
    .version(host.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .option('-q, --quiet', 'print results and errors only')
    .option('-v, --verbose', 'show the pieces and the best peers, and tell what came of each source of peers')
    .option('--color', 'use colour even where it is no terminal')
    .option('--no-color', 'use no colour')
    .addHelpText('after', OVERVIEW)
    .configureHelp({ helpWidth: host.helpWidth, showGlobalOptions: true })
    // What is wrong is thrown and reported by report-error.ts: commander itself stays silent.
    .configureOutput({ writeOut: host.writeOut, writeErr: host.writeOut, outputError: () => {} })
    .exitOverride();
  for (const add of COMMANDS) add(program, host, () => program.opts<GlobalOptions>());
  return program;
}
