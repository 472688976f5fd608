// The real command in a pipe and on terminals of three widths, and what came of it as the text of a golden file: what people read, and what
// scripts get of it. Each run has a folder of its own that looks the same; what differs from run to run is put into fixed words.

import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Child, ChildEnd } from './child-process.js';
import { buildCli, type CliBuild } from './cli-build.js';
import { COMMAND_NAMES, commandsWith } from './command-names.js';
import { FILES, GOLDEN_PEERS } from './golden-place.js';
import { plain } from './golden-words.js';
import { Screen } from './screen.js';
import { makeTempFolder } from './temp-folder.js';
import { fixturePayload } from './torrent-fixtures.js';

/** What is done to a run once it has shown something: to the process, or on its terminal, where nothing else is run then. */
export interface GoldenEnd {
  readonly when: RegExp;
  readonly signal?: NodeJS.Signals;
  readonly keys?: string;
}

export interface GoldenOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly end?: GoldenEnd | undefined;
  /** In a pipe alone: a terminal would be asked. */
  readonly isPiped?: boolean;
}

interface Run {
  readonly title: string;
  readonly text: string;
  readonly code: number | null;
  readonly cwd: string;
}

export const GOLDEN_FOLDER = fileURLToPath(new URL('../cli/golden', import.meta.url));
const WIDTHS = [40, 80, 200];
/** More rows than anything writes: nothing scrolls away. */
const ROWS = 300;
/** Variables of the tester that `doctor` speaks of. */
const NO_PROXY = Object.fromEntries(
  ['ALL_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY', 'all_proxy', 'https_proxy', 'http_proxy'].map((name) => [name, '']),
);
const EVENTS = 'events.jsonl';
const WITH_EVENTS = commandsWith('--events');
const WITH_JSON = commandsWith('--json');

const TORRENTS = [
  ['data.torrent', 'seed/data.bin'],
  ['album.torrent', 'seed/album'],
  ['other.torrent', 'other/data.bin'],
  ['private.torrent', 'seed/data.bin', '--private', '--tracker', 'http://127.0.0.1:9/announce'],
  ['keyed.torrent', 'seed/data.bin', '--tracker', 'https://tracker.example/0123456789abcdef0123456789abcdef/announce'],
] as const;

export class GoldenRig {
  readonly #cli: CliBuild;
  readonly #base: string;
  /** By name. */
  readonly #torrents = new Map<string, Uint8Array>();

  private constructor(cli: CliBuild, base: string) {
    this.#cli = cli;
    this.#base = base;
  }

  /** To be closed. */
  static async open(): Promise<GoldenRig> {
    const cli = await buildCli();
    const base = await mkdtemp(path.join(tmpdir(), 'effusion-golden-'));
    for (const folder of ['seed/album', 'seed/web', 'nearly', 'other', 'empty', 'more/litter']) {
      await mkdir(path.join(base, folder), { recursive: true });
    }
    const data: Readonly<Record<string, Uint8Array | string>> = {
      'seed/data.bin': fixturePayload(3, 20_000),
      'seed/album/one.bin': fixturePayload(5, 20_000),
      'seed/album/two.bin': fixturePayload(6, 1000),
      // A piece each.
      'seed/web/a.bin': fixturePayload(7, 16_384),
      'seed/web/b.bin': fixturePayload(8, 16_384),
      'seed/web/c.bin': fixturePayload(9, 16_384),
      'nearly/data.bin': fixturePayload(3, 20_000).fill(0, 17_000),
      'other/data.bin': fixturePayload(4, 20_000),
      ...FILES,
    };
    for (const [file, content] of Object.entries(data)) await writeFile(path.join(base, file), content);
    return new GoldenRig(cli, base);
  }

  async close(): Promise<void> {
    this.#cli.remove();
    await rm(this.#base, { recursive: true, force: true });
  }

  /** Runs a line, in which `{word}` is a peer, tracker or the like that is started for it, and holds it against golden/NAME.txt. */
  async expect(name: string, line: string, { env, end, isPiped = false }: GoldenOptions = {}): Promise<void> {
    const options = { env: { ...NO_PROXY, ...env }, end };
    const { words, place } = await this.#prepare(line);
    const command = words.at(0) ?? '';
    // A mistyped command is the default one's to refuse.
    const takesEvents = WITH_EVENTS.has(command) || (words.length > 0 && !COMMAND_NAMES.includes(command));
    const hasEvents = takesEvents && !line.includes('--events');
    const args = hasEvents ? [command, `--events=${EVENTS}`, ...words.slice(1)] : words;
    const [drawn, piped] = await Promise.all([
      Promise.all((isPiped ? [] : WIDTHS).map(async (columns) => this.#draw(args, columns, await copyOf(place), options))),
      end?.keys === undefined ? this.#pipe(args, await copyOf(place), options) : null,
    ]);
    const [first] = piped === null ? drawn : [piped];
    const forScripts = hasEvents
      ? await eventsOf(first.cwd)
      : first.code !== 0 && WITH_JSON.has(command) && !/--json|--events(?: |$)/.test(line)
        ? await this.#errorOf(words, await copyOf(place), options)
        : [];
    const parts = [
      `$ effusion ${line}`,
      ...(piped === null ? [] : [piped.text]),
      `=== exit ${first.code}`,
      ...(forScripts.length === 0 ? [] : ['=== for scripts', ...forScripts]),
      ...drawn.map(({ title, text, code }) => `=== ${title}${code === first.code ? '' : `, exit ${code}`}\n${text}`),
    ];
    await expect(`${parts.join('\n').trimEnd()}\n`).toMatchFileSnapshot(path.join(GOLDEN_FOLDER, `${name}.txt`));
  }

  /** Many lines that are refused before anything is begun, one after the other, in one golden file. */
  async expectRefused(name: string, lines: readonly string[]): Promise<void> {
    const { place } = await this.#prepare(lines.join(' '));
    const runs = lines.map((line) => ({ shown: `$ effusion ${line}`, words: wordsOf(line) }));
    const piped = async (): Promise<string> => {
      const cwd = await copyOf(place);
      const texts: string[] = [];
      for (const { shown, words } of runs) {
        const { stdout, stderr, code } = await this.#cli.run(words, { cwd });
        const exit = Number(/\(exit (\d+)\)\n$/.exec(stderr)?.[1]);
        expect([shown, code]).toEqual([shown, exit]);
        // Its stdout is JSON, whatever it says.
        if (words[0] === 'swarm') expect(JSON.parse(stdout)).toMatchObject({ error: { exit } });
        else expect([shown, stdout]).toEqual([shown, '']);
        texts.push(`${shown}\n${plain(stderr, cwd)}`);
      }
      return `=== stderr, piped\n${texts.join('')}`.trimEnd();
    };
    const drawn = async (columns: number): Promise<string> => {
      const cwd = await copyOf(place);
      const node = `${JSON.stringify(process.execPath)} ${JSON.stringify(this.#cli.script)}`;
      const before = runs.map(({ shown, words }) => `printf '%s\\n' ${quoted([shown])}; ${node} ${quoted(words)}; `);
      const last = runs.at(-1)?.words ?? [];
      const setup = `stty cols ${columns} rows ${ROWS} -onlcr; ${before.join('').slice(0, -`${node} ${quoted(last)}; `.length)}`;
      const end = await this.#cli.terminal(setup, quoted(last), { cwd });
      return `=== terminal, ${columns} columns\n${await shownOn(columns, end, cwd)}`;
    };
    const parts = await Promise.all([piped(), ...WIDTHS.map(drawn)]);
    await expect(`${parts.join('\n').trimEnd()}\n`).toMatchFileSnapshot(path.join(GOLDEN_FOLDER, `${name}.txt`));
  }

  /** Made once: the same line makes the same bytes. */
  async #addTorrent(place: string, torrent: string, args: readonly string[]): Promise<void> {
    const file = path.join(place, torrent);
    const known = this.#torrents.get(torrent);
    if (known !== undefined) {
      await writeFile(file, known);
      return;
    }
    const made = await this.#cli.run(['create', ...args, '-o', torrent], { cwd: place });
    expect(made.code, made.stderr).toBe(0);
    this.#torrents.set(torrent, await readFile(file));
  }

  /** A folder for the line, with what the line needs, and its words. */
  async #prepare(line: string): Promise<{ words: string[]; place: string }> {
    const place = await copyOf(this.#base);
    for (const [torrent, ...args] of TORRENTS) {
      if (torrent === 'data.torrent' || line.includes(torrent)) await this.#addTorrent(place, torrent, args);
    }
    let filled = line;
    for (const [word, name] of line.matchAll(/\{(\w+)\}/g)) {
      const start = GOLDEN_PEERS[name];
      if (start === undefined) throw new Error(`nothing is known to stand for ${word}`);
      filled = filled.replaceAll(word, await start(this.#cli, place));
    }
    return { words: wordsOf(filled), place };
  }

  async #pipe(args: readonly string[], cwd: string, { env = {}, end }: GoldenOptions): Promise<Run> {
    const child = this.#cli.start(args, { cwd, env });
    if (end?.signal !== undefined) {
      await child.outputMatching(end.when);
      child.kill(end.signal);
    }
    const { stdout, stderr, code } = await child.ended;
    for (const control of ['\u001B', '\r']) expect(`${stdout}${stderr}`).not.toContain(control);
    const text = `=== stdout, piped\n${plain(stdout, cwd)}=== stderr, piped\n${plain(stderr, cwd)}`;
    return { title: 'piped', text: text.trimEnd(), code, cwd };
  }

  async #draw(args: readonly string[], columns: number, cwd: string, { env = {}, end }: GoldenOptions): Promise<Run> {
    const setup = `stty cols ${columns} rows ${ROWS} -onlcr; `;
    const ended = await (end === undefined
      ? this.#cli.terminal(setup, quoted(args), { cwd, env })
      : endBy(this.#cli.openTerminal(setup, quoted(args), { cwd, env }), end, this.#cli.script));
    return { title: `terminal, ${columns} columns`, text: await shownOn(columns, ended, cwd), code: ended.code, cwd };
  }

  /** What `--json` prints of it: the error, or that it is a finding and none. */
  async #errorOf([command, ...rest]: readonly string[], cwd: string, { env = {}, end }: GoldenOptions): Promise<string[]> {
    if (end !== undefined) return [];
    const { stdout } = await this.#cli.run([command, '--json', ...rest], { cwd, env });
    const errors = objectsIn(stdout).flatMap(({ error }) => (error === undefined ? [] : [`error ${JSON.stringify(error)}`]));
    expect(stdout, 'it printed no object').not.toBe('');
    return errors.length === 0 ? ['a finding, which --json prints'] : errors.map((text) => plain(text, cwd));
  }
}

async function endBy(child: Child, { when, signal, keys }: GoldenEnd, script: string): Promise<ChildEnd> {
  await child.outputMatching(when);
  if (keys !== undefined) child.type(keys);
  else process.kill(processOf(script, child.pid), signal);
  return child.ended;
}

/** The process that runs `script` on a terminal: the child of a child, where a shell stands between. */
function processOf(script: string, pid: number): number {
  if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === script) return pid;
  const [child = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  if (child === '') throw new Error(`no process below runs ${script}`);
  return processOf(script, Number(child));
}

/** Errors and warnings of a run, and its end where that is not simply good. */
async function eventsOf(cwd: string): Promise<string[]> {
  const lines = await readFile(path.join(cwd, EVENTS), 'utf8').catch(() => '');
  return objectsIn(lines).flatMap(({ event, code, exit, message, hint, name, cause }) => {
    if (event === 'error') return [`error ${plain(JSON.stringify({ code, exit, message, hint }), cwd)}`];
    if (event === 'warning') return [`warning ${plain(JSON.stringify({ code, message }), cwd)}`];
    return event === 'done' && (exit !== 0 || cause !== null) ? [`done ${JSON.stringify({ exit, name, cause })}`] : [];
  });
}

/** One object, or one a line. */
function objectsIn(text: string): Record<string, unknown>[] {
  const parse = (json: string): Record<string, unknown> => JSON.parse(json) as Record<string, unknown>;
  if (text.trim() === '') return [];
  return text.startsWith('{\n') ? [parse(text)] : text.trim().split('\n').map(parse);
}

async function shownOn(columns: number, { stdout }: ChildEnd, cwd: string): Promise<string> {
  const screen = new Screen(columns, ROWS);
  await screen.write(stdout);
  return wrap(plain(screen.paragraphs().join('\n'), cwd), columns);
}

/** As the terminal breaks it. */
function wrap(text: string, columns: number): string {
  const lines = text.split('\n').flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? ['']);
  return lines.join('\n');
}

/** Each run has the folder as it was. */
async function copyOf(place: string): Promise<string> {
  const copy = await makeTempFolder();
  await cp(place, copy, { recursive: true });
  return copy;
}

/** Apart at spaces; single quotes hold some together, or nothing. */
function wordsOf(line: string): string[] {
  return (line.match(/(?:'[^']*'|[^' ])+/g) ?? []).map((word) => word.replaceAll("'", ''));
}

function quoted(args: readonly string[]): string {
  return args.map((arg) => `'${arg.replaceAll("'", String.raw`'\''`)}'`).join(' ');
}
