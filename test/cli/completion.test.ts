// The completion scripts in the shells they are for: at a prompt, with a line and the Tab key.

import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChild } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makePayload, writeTorrent } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { openShellLine, type ShellLine } from '../support/shell-line.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

/** A folder to stand in, and the command in the PATH. */
async function prepare(): Promise<{ cwd: string; env: Record<string, string> }> {
  const folder = await makeTempFolder();
  await mkdir(path.join(folder, 'bin'));
  const command = path.join(folder, 'bin/effusion');
  await writeFile(command, `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(cli.script)} "$@"\n`);
  await chmod(command, 0o755);
  const cwd = path.join(folder, 'here');
  await mkdir(path.join(cwd, 'movies'), { recursive: true });
  for (const file of ['alone.torrent', 'two words.torrent', 'other.txt']) await writeFile(path.join(cwd, file), '');
  const album = makePayload('album', [
    ['intro.flac', 5000],
    ['last song.flac', 5000],
    ['docs/notes.md', 5000],
  ]);
  await rename((await writeTorrent(album, folder, 16_384)).path, path.join(cwd, 'music.torrent'));
  const env = { PATH: `${path.dirname(command)}:${process.env['PATH'] ?? ''}`, HOME: folder, LC_ALL: 'C.UTF-8' };
  return { cwd, env };
}

/** What is typed, and what stands there behind Tab. */
const LINES: readonly (readonly [what: string, typed: string, completed: RegExp])[] = [
  ['a command', 'effusion downl', /^effusion download/],
  ['an option', 'effusion seed --super', /^effusion seed --super-seeding/],
  ['an option of every command', 'effusion info --log-f', /^effusion info --log-file/],
  ['an option of the default command', 'effusion --only', /^effusion --only-peers/],
  ['a value', 'effusion download --encryption req', /^effusion download --encryption require/],
  ['a value behind =', 'effusion download --encryption=req', /^effusion download --encryption=require/],
  ['a folder', 'effusion seed --data mov', /^effusion seed --data movies\//],
  ['a torrent', 'effusion download al', /^effusion download alone\.torrent/],
  ['a torrent with a space in its name', 'effusion two', /^effusion (?:two\\ words\.torrent|'two words\.torrent'?)/],
  ['a file in a torrent', 'effusion download music.torrent --files int', /^effusion download music\.torrent --files intro\.flac/],
  ['a file in a torrent behind =', 'effusion music.torrent --files=int', /^effusion music\.torrent --files=intro\.flac/],
  ['a file in a folder of it, by its own name', 'effusion music.torrent -s no', /^effusion music\.torrent -s notes\.md/],
  ['a file in a folder of it, by its path', 'effusion music.torrent -s doc', /^effusion music\.torrent -s docs\/notes\.md/],
  [
    'what is left out, in quotes',
    "effusion music.torrent -s '!in",
    /^effusion music\.torrent -s (?:'!intro\.flac'|\\!intro\.flac)/,
  ],
  [
    'what is left out, after a backslash',
    'effusion music.torrent -s \\!in',
    /^effusion music\.torrent -s (?:'!intro\.flac'|\\?!intro\.flac)/,
  ],
  [
    'what is renamed',
    'effusion music.torrent --rename 1',
    /^effusion music\.torrent --rename 1=(?:docs\/notes\.md|intro\.flac|last)/,
  ],
  ['a kind of checksum', 'effusion music.torrent --checksum sha25', /^effusion music\.torrent --checksum sha256:/],
  [
    'a file of a checksum',
    'effusion music.torrent --checksum md5:00:int',
    /^effusion music\.torrent --checksum md5:00:intro\.flac/,
  ],
  ['any file', 'effusion create ot', /^effusion create other\.txt/],
  ['a topic', 'effusion help exit', /^effusion help exit-codes/],
];

async function tryAll(line: ShellLine): Promise<void> {
  for (const [what, typed, completed] of LINES) {
    expect(await line.complete(typed, completed).catch((error: unknown) => String(error)), what).toMatch(/^> effusion /);
  }
}

describeWith(['bash', 'tmux'], 'bash', () => {
  test('completes a line', { timeout: 120_000 }, async () => {
    const { cwd, env } = await prepare();
    const line = await openShellLine({ command: 'bash --norc --noprofile -i', cwd, env });
    await line.run('source <(effusion completion bash)');
    await tryAll(line);
  });

  test('puts no name into quotes that could end them or run in them', { timeout: 60_000 }, async () => {
    const { cwd, env } = await prepare();
    const hostile = makePayload('h', [
      ['qa$(touch RAN)', 1],
      ["qb';touch RAN;'", 1],
      ['qcx', 1],
    ]);
    await rename((await writeTorrent(hostile, cwd, 16_384)).path, path.join(cwd, 'h.torrent'));
    const candidatesOf = async (word: string): Promise<string[]> => {
      const script = `source <(effusion completion bash); COMP_WORDS=(effusion h.torrent -s ${JSON.stringify(word).replaceAll("'", "'\\''")}); COMP_CWORD=3; _effusion 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = await startChild('bash', ['--norc', '-c', script], { cwd, env }).ended;
      return stdout
        .split('\n')
        .filter((text) => text !== '')
        .toSorted();
    };
    expect(await candidatesOf('q')).toEqual(['qa\\$\\(touch\\ RAN\\)', "qb\\'\\;touch\\ RAN\\;\\'", 'qcx'].toSorted());
    expect(await candidatesOf('"q')).toEqual(['qcx']);
    expect(await candidatesOf("'q")).toEqual(['qa$(touch RAN)', 'qcx']);
  });
});

describeWith(['zsh', 'tmux'], 'zsh', () => {
  test('completes a line', { timeout: 120_000 }, async () => {
    const { cwd, env } = await prepare();
    const line = await openShellLine({ command: 'zsh -f -i', cwd, env });
    await line.run('autoload -U compinit; compinit -D; unsetopt automenu; source <(effusion completion zsh)');
    await tryAll(line);
  });
});

describeWith(['fish'], 'fish', () => {
  test.each(LINES)('completes %s', async (_, typed, completed) => {
    const { cwd, env } = await prepare();
    const script = `source (effusion completion fish | psub); complete --escape -C ${JSON.stringify(typed)}`;
    const { stdout, stderr } = await startChild('fish', ['--no-config', '-c', script], { cwd, env }).ended;
    expect(stderr).toBe('');
    const before = typed.replace(/\S+$/, '');
    const lines = stdout.split('\n').filter((line) => line !== '');
    expect(lines.map((line) => before + line.split('\t')[0])).toEqual([expect.stringMatching(completed)]);
  });
});

describe('effusion __complete', () => {
  test.each([
    ['nothing', []],
    ['an unknown command', ['--', 'frob', '']],
    ['an unknown option', ['--', 'download', '--frob', '']],
    ['a broken torrent', ['--', 'download', 'alone.torrent', '--files', '']],
    ['options that would end the run', ['--', '--help', '--version', '']],
    ['bytes that end words', ['--words', 'download\u001Fa\nb\u001F']],
  ])('never fails: %s', async (_, args) => {
    const { cwd } = await prepare();
    const end = await cli.run(['__complete', ...args], { cwd, env: { XDG_CONFIG_HOME: '/dev/null', EFFUSION_TIMEOUT: 'x' } });
    expect(end.stderr).toBe('');
    expect(end.stdout).toMatch(/^:(?:none|files|folders|torrents)\n/);
    expect(end.code).toBe(0);
  });

  test('is no command that is shown', async () => {
    expect((await cli.run(['--help'])).stdout).not.toContain('__complete');
  });
});
