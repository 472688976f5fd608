// README.md says what is so: its code runs as printed, its options and exit codes are those of the command, its npm scripts
// and files exist.

import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatExitCodesMarkdown } from '../../src/cli/exit-codes.js';
import { ALIASES } from '../../src/cli/foreign-spellings.js';
import { startChild, type ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { COMMAND_NAMES } from '../support/command-names.js';
import { describeWith } from '../support/real-peers.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(path.join(project, 'README.md'), 'utf8');

function codeBlocks(language: string): string[] {
  return Array.from(readme.matchAll(/^```(\w+)\n([^]*?)^```$/gm))
    .filter((match) => match[1] === language)
    .map((match) => match[2]);
}

function scripts(): string[] {
  return Object.keys((JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8')) as { scripts: object }).scripts);
}

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

/** A folder with the command `effusion` in it, for PATH. */
async function makeCommandFolder(): Promise<string> {
  const folder = await makeTempFolder();
  const file = path.join(folder, 'effusion');
  await writeFile(file, `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(cli.script)} "$@"\n`);
  await chmod(file, 0o755);
  return folder;
}

/** Of each command, asked once: the README has many examples. */
const optionsOf = new Map<string, Set<string>>();

async function longOptions(command: string): Promise<Set<string>> {
  const known = optionsOf.get(command);
  if (known !== undefined) return known;
  const { stdout } = await cli.run([command, '--help']);
  const options = new Set(stdout.match(/(?<=^ .*)--[a-z][a-z-]+/gm) ?? []);
  optionsOf.set(command, options);
  return options;
}

async function runScript(script: string): Promise<ChildEnd> {
  const folder = await makeTempFolder();
  const file = path.join(folder, 'smoke.sh');
  await writeFile(file, script);
  const env = { PATH: `${await makeCommandFolder()}:${process.env['PATH'] ?? ''}`, TMPDIR: folder };
  return startChild('bash', [file], { cwd: folder, env, timeoutMs: 90_000 }).ended;
}

function script(line: string): string {
  const [found, ...rest] = codeBlocks('bash').filter((block) => block.includes(line));
  expect(rest).toEqual([]);
  return found;
}

test('the smoke test for CI passes as printed', async () => {
  const end = await runScript(script('smoke test passed'));
  expect(end.code, end.stderr).toBe(0);
  expect(end.stdout).toMatch(/smoke test passed\n$/);
});

describeWith(['aria2c'], 'the smoke test for other clients', () => {
  test('passes as printed', async () => {
    const end = await runScript(script('my client passed'));
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(end.stdout).toMatch(/my client passed\n$/);
  });

  test('fails with a client that does nothing', async () => {
    const idle = script('my client passed')
      .replace(/^aria2c .*$/m, 'true')
      .replace('--timeout 60', '--timeout 1');
    const end = await runScript(idle);
    expect(end.code, end.stdout).toBe(124);
  });
});

test('the library example downloads as printed', async () => {
  const [example, ...rest] = codeBlocks('js');
  expect(rest).toEqual([]);
  const folder = await makeTempFolder();
  const payload = fixturePayload(11, 2_000_000);
  await mkdir(path.join(folder, 'seed'));
  await mkdir(path.join(folder, 'node_modules'));
  await writeFile(path.join(folder, 'seed/data.bin'), payload);
  await writeFile(path.join(folder, 'example.mjs'), example);
  await symlink(path.dirname(path.dirname(cli.script)), path.join(folder, 'node_modules/effusion'));
  const made = await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent'], { cwd: folder });
  expect(made.code, made.stderr).toBe(0);
  const seeder = cli.start(['seed', 'data.torrent', '--data', 'seed', '--no-trackers'], { cwd: folder });
  const [, port] = await seeder.outputMatching(/seeding data\.bin on port (\d+)/);
  const args = ['example.mjs', 'data.torrent', 'out', `127.0.0.1:${port}`];
  const end = await startChild(process.execPath, args, { cwd: folder }).ended;
  expect(end.code, end.stderr).toBe(0);
  expect(end.stdout).toBe('complete out/data.bin\n');
  expect(Buffer.compare(await readFile(path.join(folder, 'out/data.bin')), payload)).toBe(0);
});

test('the table of exit codes is that of the code', () => expect(readme).toContain(`\n${formatExitCodesMarkdown()}\n`));

describe('options', () => {
  test('every option of every command is there', async () => {
    for (const command of COMMAND_NAMES) {
      const missing = [...(await longOptions(command))].filter(
        (option) => !readme.includes(`${option}\``) && !readme.includes(`${option} `),
      );
      // The version is told by the package.
      expect(missing, command).toEqual(['--version']);
    }
  });

  test('no option is there that no command has', async () => {
    const known = new Set<string>();
    for (const command of COMMAND_NAMES) for (const option of await longOptions(command)) known.add(option);
    // What others call them is understood, and shown in no help.
    for (const [theirs] of ALIASES) for (const flag of theirs.split(', ')) known.add(flag);
    const named = Array.from(readme.matchAll(/`(?:-\w`, `)?(--[a-z-]+)/g), (match) => match[1]);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((option) => !known.has(option))).toEqual([]);
  });

  test('the examples use options of their command', async () => {
    const lines = codeBlocks('sh')
      .join('\n')
      .matchAll(/\beffusion (?:-q )?([a-z]+)\b([^#\n)]*)/g);
    let count = 0;
    for (const [, command, rest] of lines) {
      const options = await longOptions(COMMAND_NAMES.includes(command) ? command : 'download');
      for (const option of rest.match(/--[a-z-]+/g) ?? []) expect(options, `${command}${rest}`).toContain(option);
      count++;
    }
    expect(count).toBeGreaterThan(5);
  });
});

test('its npm scripts exist', () => {
  const named = Array.from(readme.matchAll(/npm (?:run )?(test|demo|build|bench)\b/g), (match) => match[1]);
  expect(new Set(named)).toContain('demo');
  expect(new Set(named)).toContain('test');
  expect([...new Set(named)].filter((name) => !scripts().includes(name))).toEqual([]);
});

test('its files exist', () => {
  const links = Array.from(readme.matchAll(/\]\(([^)#:]+)\)/g), (match) => match[1]);
  const paths = Array.from(readme.matchAll(/(?:`| )((?:test|src|bin)\/[\w./-]*\w)/g), (match) => match[1]);
  expect(links.length).toBeGreaterThan(2);
  expect([...links, ...paths].filter((file) => !existsSync(path.join(project, file)))).toEqual([]);
});

/** The name of a section in a link, as GitHub makes it. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}

test('its links to sections lead somewhere, and its contents name them all', () => {
  const text = readme.replaceAll(/^```[^]*?^```$/gm, '');
  const headings = Array.from(text.matchAll(/^(#+) (.*)$/gm), ([, level, words]) => ({ level, slug: slugOf(words) }));
  const slugs = new Set(headings.map(({ slug }) => slug));
  const links = new Set(Array.from(text.matchAll(/\]\(#([^)]+)\)/g), (match) => match[1]));
  expect(links.size).toBeGreaterThan(20);
  expect([...links].filter((link) => !slugs.has(link))).toEqual([]);
  const sections = headings.filter(({ level }) => level === '##').map(({ slug }) => slug);
  expect(sections.filter((section) => !links.has(section))).toEqual(['install', 'use']);
});
