// Every command line that the README shows runs as printed, in a folder that has what it names, with a home of its own and a seeder whose
// address comes from the environment. A line that is in neither table fails the test, so a new recipe can't go untried.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startChild, type ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { schemaComplaint } from '../support/event-lines.js';
import { freePort } from '../support/free-port.js';
import { startHttpProxy } from '../support/http-proxy.js';
import { pseudoRandomBytes } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { startSocks5Proxy } from '../support/socks5-proxy.js';
import { makeTempFolder } from '../support/temp-folder.js';

const README = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');

interface Recipe {
  /** As printed, without the comment behind it. */
  readonly line: string;
  /** For bash, in the folder, before it. */
  readonly before?: string;
  /** It goes on until it is stopped: by ^C once this was said. */
  readonly stopAt?: RegExp;
  /** In what it wrote. */
  readonly says?: RegExp;
  /** For bash, in the folder, behind it: fails where it did not do what it is for. */
  readonly check?: string;
}

const SERVED = ['ubuntu.iso', 'a.bin', 'b.bin', 'film.mkv', 'data.tar', 'show', 'pics', 'photos', 'series', 'big', 'logs'];

const HAVE_ISO = 'mkdir -p ~/iso && cp seed/ubuntu.iso ~/iso';
const STARTED = 'test "$(cat player)" = "$(wc -c < seed/film.mkv)"';

const RECIPES: readonly Recipe[] = [
  { line: 'effusion ubuntu.torrent', check: 'cmp ubuntu.iso seed/ubuntu.iso' },
  { line: 'effusion download ubuntu.torrent -o ~/iso', check: 'cmp ~/iso/ubuntu.iso seed/ubuntu.iso' },
  { line: "effusion 'magnet:?xt=urn:btih:…&tr=…'", check: 'cmp ubuntu.iso seed/ubuntu.iso' },
  {
    line: 'effusion a.torrent b.torrent -i more.txt',
    check: 'cmp a.bin seed/a.bin && cmp b.bin seed/b.bin && cmp film.mkv seed/film.mkv',
  },
  {
    line: 'effusion cat ubuntu.torrent | sha256sum',
    check: 'test "$(cut -c1-64 stdout)" = "$(sha256sum seed/ubuntu.iso | cut -c1-64)"',
  },
  { line: 'effusion stream film.torrent --open mpv', check: STARTED },
  { line: 'effusion seed ubuntu.torrent --data ~/iso', before: HAVE_ISO, stopAt: /^seeding ubuntu\.iso on port/m },
  { line: 'effusion seed photos', before: 'cp -r seed/photos .', stopAt: /^magnet:\?xt=urn:btih:[0-9a-f]{40}&dn=photos/m },
  {
    line: 'effusion create photos --tracker https://tracker.example/announce',
    before: 'rm photos.torrent; cp -r seed/photos .',
    check: 'effusion info photos.torrent | grep https://tracker.example/announce',
  },
  { line: 'effusion info photos.torrent', says: /^name +photos$/m },
  { line: 'effusion verify ubuntu.torrent ~/iso', before: HAVE_ISO, says: /^whole: 1 file/m },
  { line: 'effusion files ubuntu.torrent', says: /^1\t200000\tubuntu\.iso$/m },
  {
    line: 'effusion edit ubuntu.torrent -o mine.torrent --add-tracker udp://tracker.example:1337/announce',
    check: 'effusion info mine.torrent | grep udp://tracker.example:1337/announce',
  },
  { line: 'path=$(effusion -q download data.torrent) && tar -xf "$path"', check: 'cmp inside seed/ubuntu.iso' },
  {
    line: "effusion download photos.torrent --files '*.jpg' --files '!drafts/**'",
    check: 'test "$(find photos -type f)" = photos/one.jpg',
  },
  {
    line: "effusion download show.torrent -s 2-4 --priority '2=high'",
    check: 'test "$(ls show | wc -l)" = 3 && ! test -e show/1.mkv',
  },
  { line: 'effusion download big.torrent -s readme.txt', check: 'test "$(find big)" = "$(printf "big\\nbig/readme.txt")"' },
  { line: 'effusion download pics.torrent -o ~/album --name holiday', check: 'diff -r ~/album/holiday seed/pics' },
  { line: 'effusion download pics.torrent -o ~/album --strip-components 1', check: 'diff -r ~/album seed/pics' },
  {
    line: 'effusion download pics.torrent -o ~/album --rename 2=extra/second.bin',
    check: 'cmp ~/album/extra/second.bin seed/pics/2.bin',
  },
  {
    line: 'effusion verify pics.torrent ~/album --name holiday',
    before: 'mkdir -p ~/album && cp -r seed/pics ~/album/holiday',
    says: /^whole: 3 files/m,
  },
  {
    line: 'effusion download pics.torrent -o ~/album --incomplete-dir /var/tmp/incomplete',
    check: 'diff -r ~/album/pics seed/pics',
  },
  {
    line: 'effusion download pics.torrent -o ~/album --reuse ~/old --dry-run',
    before: 'mkdir -p ~/old && cp seed/pics/2.bin ~/old/any-name',
    says: /pics\/2\.bin: copied from .*\/old\/any-name/,
    check: '! test -e ~/album',
  },
  { line: 'effusion download ubuntu.torrent --seed=2x --seed-time 1h', stopAt: /^seeding ubuntu\.iso/m },
  {
    line: 'effusion download data.torrent --seed=1h | while read -r path; do tar -xf "$path"; done',
    stopAt: /^seeding data/m,
    check: 'cmp inside seed/ubuntu.iso',
  },
  {
    line: 'effusion download ubuntu.torrent --checksums SHA256SUMS --min-speed 100K:2m -t 1h',
    before: '(cd seed && sha256sum ubuntu.iso) > SHA256SUMS',
    check: 'cmp ubuntu.iso seed/ubuntu.iso',
  },
  { line: 'effusion download ubuntu.torrent --proxy socks5h://127.0.0.1:9050', check: 'cmp ubuntu.iso seed/ubuntu.iso' },
  {
    line: 'effusion download ubuntu.torrent --proxy http://me:secret@proxy.example:3128',
    check: 'cmp ubuntu.iso seed/ubuntu.iso',
  },
  { line: 'effusion download ubuntu.torrent --interface tun0', check: 'cmp ubuntu.iso seed/ubuntu.iso' },
  { line: 'effusion cat ubuntu.torrent > ubuntu.iso', check: 'cmp ubuntu.iso seed/ubuntu.iso' },
  { line: "effusion cat logs.torrent --files 'app.log.gz' | zcat | grep ERROR", says: /^ERROR: full$/m },
  {
    line: 'effusion cat data.torrent -s 3 --range 0-1023 | xxd',
    before: 'cp show.torrent data.torrent',
    check: 'xxd -l 1024 seed/show/3.mkv | cmp - stdout',
  },
  { line: 'effusion stream film.torrent', stopAt: /^http:\/\/127\.0\.0\.1:\d+\/1\/film\.mkv$/m },
  {
    line: "effusion stream series.torrent --files 'S01E02*' --open mpv",
    check: 'test "$(cat player)" = "$(wc -c < seed/series/S01E02.mkv)"',
  },
  { line: "effusion stream film.torrent --port 8000 --open 'mpv -fs'", check: STARTED },
  { line: 'effusion files photos.torrent', says: /^1\t\d+\tphotos\// },
  { line: 'effusion ls photos.torrent | cut -f3', says: /^photos\/one\.jpg$/m },
  { line: 'effusion files photos.torrent -0 | xargs -0 ls -l', before: 'cp -r seed/photos .', says: /-rw.*photos\/one\.jpg$/m },
  {
    line: 'effusion magnet *.torrent --no-trackers > links.txt',
    check: 'test "$(grep -c ^magnet: links.txt)" = "$(ls *.torrent | wc -l)"',
  },
  {
    line: "effusion metadata 'magnet:?xt=urn:btih:…&tr=…' -o photos.torrent",
    before: 'rm photos.torrent',
    check: 'effusion info photos.torrent | grep ubuntu.iso',
  },
  {
    line: "effusion edit ubuntu.torrent --in-place --replace-tracker 'http://old.example/*=https://new.example/announce' --comment ''",
    before: 'effusion edit ubuntu.torrent --in-place --tracker http://old.example/a --comment x',
    check: 'effusion info ubuntu.torrent | grep https://new.example/announce && ! effusion info ubuntu.torrent | grep comment',
  },
  {
    line: 'effusion edit photos.torrent -o private.torrent --private --source HOME --allow-new-hash',
    check: 'effusion info private.torrent | grep "private *yes"',
  },
  { line: 'effusion doctor ubuntu.torrent -o ~/iso', says: /^a download should work$/m },
  { line: 'effusion download ubuntu.torrent --report report.html', check: 'grep "whole and verified" report.html' },
  { line: 'source <(effusion completion bash)', check: 'source <(effusion completion bash) && complete -p effusion' },
  {
    line: 'mkdir -p ~/.config/fish/completions && effusion completion fish > ~/.config/fish/completions/effusion.fish',
    check: 'grep "complete.*effusion" ~/.config/fish/completions/effusion.fish',
  },
  {
    line: `effusion download ubuntu.torrent --events |
  jq -r --unbuffered 'select(.event == "progress") | "\\(.doneBytes * 100 / .totalBytes | floor)% from \\(.peers) peers"'`,
    says: /^100% from \d+ peers$/m,
  },
  {
    line: `effusion download ubuntu.torrent --events=events.jsonl ||
  jq -r 'select(.event == "error") | "\\(.code): \\(.message)"' events.jsonl`,
    before: 'echo broken > ubuntu.torrent',
    says: /^invalid_metainfo: /m,
  },
  {
    line: `effusion download ubuntu.torrent --exec 'notify-send "a torrent is done"'`,
    check: 'test "$(cat said)" = "a torrent is done"',
  },
  {
    line: `effusion download ubuntu.torrent --exec "sh -c 'sha256sum \\"\\$EFFUSION_PATH\\"'"`,
    says: /^[0-9a-f]{64} .*\/ubuntu\.iso$/m,
  },
];

/** Lines that no test of this file can run, and where they are run or why nowhere. */
const EXCUSED: Readonly<Record<string, string>> = {
  'npm ci && npm run demo': 'test/loopback/demo.test.ts runs it',
  'npm ci && npm install --global .': 'test/loopback/pack-install.test.ts installs it elsewhere',
  'npm ci && npm test': 'it runs this',
  'effusion doctor ubuntu.torrent --portmap --json': 'it asks the router of whoever runs the tests',
  'source <(effusion completion zsh)': 'test/cli/completion.test.ts',
  'effusion completion powershell | Out-String | Invoke-Expression': 'test/cli/completion.test.ts, where there is one',
};

/** The lines of all blocks of shell, without comments; one that goes on in the next is one. */
function printedLines(): string[] {
  const blocks = Array.from(README.matchAll(/^```sh\n([^]*?)^```$/gm), (match) => match[1]);
  return blocks
    .flatMap((block) =>
      block
        .trimEnd()
        .replaceAll(/\n(?= )/g, '\u0000')
        .split('\n'),
    )
    .map((line) => line.replace(/ +# .*$/, '').replaceAll('\u0000', '\n'));
}

let cli: CliBuild;
/** With the torrents that the recipes name and their data in seed/; copied for each recipe. */
let template: string;
let programs: string;
let seeder: { readonly process: ChildProcess; readonly port: number };

beforeAll(async () => {
  cli = await buildCli();
  programs = await makePrograms();
  template = await makeTemplate();
  seeder = await startSeeder();
}, 120_000);
afterAll(async () => {
  seeder.process.kill('SIGKILL');
  cli.remove();
  for (const folder of [template, programs]) await rm(folder, { recursive: true, force: true });
});

test('every line that the README shows is here, once, and none that it does not', () => {
  const known = [...RECIPES.map(({ line }) => line), ...Object.keys(EXCUSED)];
  expect(new Set(known).size).toBe(known.length);
  expect([...new Set(printedLines())].toSorted()).toEqual(known.toSorted());
});

const NEEDS_MORE = /\b(?:jq|xxd)\b/;

describe('recipes', () => {
  test.each(RECIPES.filter(({ line }) => !NEEDS_MORE.test(line)))('$line', expectRecipe);
});

describeWith(['jq', 'xxd'], 'recipes with other programs', () => {
  test.each(RECIPES.filter(({ line }) => NEEDS_MORE.test(line)))('$line', expectRecipe);
});

async function expectRecipe(recipe: Recipe): Promise<void> {
  const { before, stopAt, says, check } = recipe;
  const cwd = path.join(await makeTempFolder(), 'here');
  await cp(template, cwd, { recursive: true });
  const bash = (text: string): ReturnType<typeof startChild> =>
    startChild('bash', ['-c', text], { cwd, env: environmentIn(cwd), timeoutMs: 60_000 });
  if (before !== undefined) {
    const end = await bash(before).ended;
    expect(end.code, end.stderr).toBe(0);
  }
  const child = bash(await filled(recipe.line, cwd));
  if (stopAt !== undefined) {
    await child.outputMatching(stopAt);
    process.kill(Number(await readFile(path.join(cwd, '../home/pid'), 'utf8')), 'SIGINT');
  }
  const end = await child.ended;
  // Of a pipeline the last one's end is told.
  const isStopped = stopAt !== undefined && !recipe.line.includes(' | ');
  expect(end.code, `${end.stdout}${end.stderr}`).toBe(isStopped ? 130 : 0);
  if (says !== undefined) expect(`${end.stdout}${end.stderr}`).toMatch(says);
  if (check !== undefined) await expectCheck(check, end, cwd, bash);
  expect([says, check, stopAt].some((held) => held !== undefined)).toBe(true);
}

/** A home beside the folder, and the seeder's address. */
function environmentIn(cwd: string): Record<string, string> {
  const home = path.join(cwd, '../home');
  return {
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    XDG_CACHE_HOME: path.join(home, '.cache'),
    EFFUSION_PEER: `127.0.0.1:${seeder.port}`,
    EFFUSION_NO_DHT: '1',
    EFFUSION_NO_LSD: '1',
  };
}

async function expectCheck(
  check: string,
  end: ChildEnd,
  cwd: string,
  bash: (text: string) => ReturnType<typeof startChild>,
): Promise<void> {
  await writeFile(path.join(cwd, 'stdout'), end.stdout);
  const checked = await bash(check).ended;
  expect(checked.code, `${end.stdout}${end.stderr}${checked.stdout}${checked.stderr}`).toBe(0);
}

/** With what only the reader has: a link, a port, a proxy, an interface, a place that may be written to. */
async function filled(line: string, cwd: string): Promise<string> {
  let text = line
    .replace('/var/tmp/incomplete', path.join(cwd, 'incomplete'))
    .replace('--port 8000', `--port ${await freePort()}`);
  if (text.includes('btih:…&tr=…')) {
    const { stdout } = await cli.run(['magnet', 'ubuntu.torrent'], { cwd });
    text = text.replace('magnet:?xt=urn:btih:…&tr=…', `${stdout.trim()}&tr=http%3A%2F%2F127.0.0.1%3A9%2Fannounce`);
  }
  if (text.includes('127.0.0.1:9050')) {
    const proxy = await startSocks5Proxy();
    onTestFinished(() => proxy.close());
    text = text.replace('127.0.0.1:9050', `127.0.0.1:${proxy.port}`);
  }
  if (text.includes('proxy.example:3128')) {
    const proxy = await startHttpProxy({ login: 'me:secret' });
    onTestFinished(() => proxy.close());
    text = text.replace('proxy.example:3128', `127.0.0.1:${proxy.port}`);
  }
  const loopback = Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.some(({ internal }) => internal));
  return text.replace('tun0', loopback?.[0] ?? 'lo');
}

async function makeTemplate(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'effusion-recipes-'));
  const write = async (name: string, content: Uint8Array | string): Promise<void> => {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  };
  for (const name of ['ubuntu.iso', 'a.bin', 'b.bin', 'film.mkv']) await write(`seed/${name}`, pseudoRandomBytes(name, 200_000));
  for (const number of [1, 2, 3, 4, 5])
    await write(`seed/show/${number}.mkv`, pseudoRandomBytes(`show${number}`, 40_000 + number));
  for (const number of [1, 2, 3]) await write(`seed/pics/${number}.bin`, pseudoRandomBytes(`pics${number}`, 32_768));
  for (const name of ['one.jpg', 'drafts/two.jpg', 'three.txt'])
    await write(`seed/photos/${name}`, pseudoRandomBytes(name, 30_000));
  for (const name of ['S01E01.mkv', 'S01E02.mkv']) await write(`seed/series/${name}`, pseudoRandomBytes(name, 100_000));
  await write('seed/big/big.bin', pseudoRandomBytes('big', 500_000));
  await write('seed/big/readme.txt', 'read me');
  await write('seed/logs/app.log', 'INFO: fine\nERROR: full\n');
  await write('seed/logs/other.log', 'ERROR: of another\n');
  await write('more.txt', 'film.torrent\n');
  const making = `gzip seed/logs/app.log
    cp seed/ubuntu.iso inside && tar -cf seed/data.tar inside && rm inside
    for name in ${SERVED.join(' ')}; do
      ${JSON.stringify(process.execPath)} ${JSON.stringify(cli.script)} create "seed/$name" -q -o "\${name%.*}.torrent" > /dev/null
    done`;
  await promisify(execFile)('bash', ['-ec', making], { cwd: folder, env: { ...process.env, EFFUSION_NO_CONFIG: '1' } });
  return folder;
}

/** Of all torrents, for all recipes: it outlives a test, so it is not one of startChild's. */
async function startSeeder(): Promise<{ process: ChildProcess; port: number }> {
  const torrents = SERVED.map((name) => `${path.parse(name).name}.torrent`);
  const args = [cli.script, 'seed', ...torrents, '--data', 'seed', '--no-trackers', '--no-dht', '--no-lsd'];
  const child = spawn(process.execPath, args, {
    cwd: template,
    env: { ...process.env, EFFUSION_NO_CONFIG: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const ports = Array.from(said.matchAll(/^seeding .* on port (\d+)$/gm), (match) => Number(match[1]));
      if (ports.length === SERVED.length) resolve(ports[0]);
    });
    child.once('close', () => reject(new Error(`the seeder ended: ${said}`)));
  });
  return { process: child, port };
}

/** For PATH: the command, which leaves its process id, and what a desktop has. */
async function makePrograms(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'effusion-programs-'));
  const node = JSON.stringify(process.execPath);
  await writeFile(
    path.join(folder, 'player.mjs'),
    `import { writeFileSync } from 'node:fs';
    const answer = await fetch(process.argv.at(-1));
    writeFileSync('player', String((await answer.arrayBuffer()).byteLength));\n`,
  );
  const texts = {
    effusion: `mkdir -p ~\necho $$ > ~/pid\nexec ${node} ${JSON.stringify(cli.script)} "$@"\n`,
    mpv: `exec ${node} ${JSON.stringify(path.join(folder, 'player.mjs'))} "$@"\n`,
    'notify-send': 'printf %s "$*" > said\n',
  };
  for (const [name, text] of Object.entries(texts)) {
    await writeFile(path.join(folder, name), `#!/bin/sh\n${text}`);
    await chmod(path.join(folder, name), 0o755);
  }
  return folder;
}

test('the line of events that is shown is one', () => {
  const [line, ...rest] = Array.from(README.matchAll(/^```json\n([^]*?)^```$/gm), (match) => match[1]);
  expect(rest).toEqual([]);
  expect(schemaComplaint(JSON.parse(line))).toBeNull();
});

test('the configuration that is shown is read', async () => {
  const [text, ...rest] = Array.from(README.matchAll(/^```toml\n([^]*?)^```$/gm), (match) => match[1]);
  expect(rest).toEqual([]);
  const folder = await makeTempFolder();
  await mkdir(path.join(folder, 'effusion'));
  await writeFile(path.join(folder, 'effusion/config.toml'), text);
  const end = await cli.run(['config', 'download'], { env: { XDG_CONFIG_HOME: folder, HOME: folder } });
  expect(end.code, end.stderr).toBe(0);
  for (const line of ['max-download = "2M"', 'output = "~/Downloads"', 'port = 6881', 'no-lsd = true'])
    expect(end.stdout).toContain(line);
});
