// The configuration file: where it is, and what is in it as keys with their lines. It is TOML, read by a library; what the keys mean is
// decided elsewhere. A file that is not there is none, unless it was named.

import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { CONFIG } from '../../engine/config.js';
import { readBoundedFile } from '../bounded-file.js';
import { fileReason } from '../file-reason.js';
import { UsageError } from '../usage-error.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A key of the file. */
export interface FileEntry {
  /** The table it stands in, a command's name; null above all tables. */
  readonly table: string | null;
  readonly key: string;
  /** As TOML has it. */
  readonly value: unknown;
  /** From 1; null where it can't be told. */
  readonly line: number | null;
}

/** `flag`: what `--config` and `--no-config` say. Null where no file is to be read. */
export function chooseFile(flag: unknown, environment: Environment): { path: string; isNamed: boolean } | null {
  if (flag === false) return null;
  if (typeof flag === 'string') return { path: flag, isNamed: true };
  if (readSwitch(environment['EFFUSION_NO_CONFIG'] ?? '', 'EFFUSION_NO_CONFIG') === true) return null;
  const named = environment['EFFUSION_CONFIG'] ?? '';
  if (named !== '') return { path: named, isNamed: true };
  const file = defaultConfigPath(environment);
  return file === null ? null : { path: file, isNamed: false };
}

/** By the XDG base directories, which take no relative path; on Windows in %APPDATA%. Null for a user without a home. */
export function defaultConfigPath(environment: Environment, platform: NodeJS.Platform = process.platform): string | null {
  if (platform === 'win32') {
    const folder = environment['APPDATA'] ?? '';
    return folder === '' ? null : path.win32.join(folder, 'effusion', 'config.toml');
  }
  const given = environment['XDG_CONFIG_HOME'] ?? '';
  if (path.isAbsolute(given)) return path.join(given, 'effusion', 'config.toml');
  const home = homeFolder(environment);
  return home === null ? null : path.join(home, '.config', 'effusion', 'config.toml');
}

/** `~/x` in the file means what it means in a shell, which is not there to read it. */
export function expandHome(text: string, environment: Environment): string {
  if (text !== '~' && !/^~[/\\]/.test(text)) return text;
  const home = homeFolder(environment);
  return home === null ? text : path.join(home, text.slice(1));
}

function homeFolder(environment: Environment): string | null {
  const given = environment['HOME'] ?? '';
  if (path.isAbsolute(given)) return given;
  try {
    const home = homedir();
    return path.isAbsolute(home) ? home : null;
  } catch {
    return null;
  }
}

/** Null where there is no such file. Throws UsageError where it cannot be read or is no TOML. */
export async function readConfigFile(file: string, isNamed: boolean): Promise<FileEntry[] | null> {
  const text = await readBounded(file, isNamed);
  return text === null ? null : parseConfig(text, file);
}

async function readBounded(file: string, isNamed: boolean): Promise<string | null> {
  try {
    // Most have none, and are not to wait for the failure.
    if (!isNamed && statSync(file, { throwIfNoEntry: false }) === undefined) return null;
    const bytes = await readBoundedFile(file, CONFIG.cli.configFileBytes);
    if (bytes === null) {
      throw new UsageError(`the configuration file ${file} is too large`, 'Name another with --config, or use --no-config.');
    }
    return Buffer.from(bytes).toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof UsageError) throw error;
    if (!isNamed && (code === 'ENOENT' || code === 'ENOTDIR')) return null;
    throw new UsageError(
      `cannot read the configuration file ${file}: ${fileReason(error)}`,
      'Name another with --config, or use --no-config.',
    );
  }
}

/** The keys of `text` in their order; `file` is for messages. Throws UsageError that names file and line. */
export async function parseConfig(text: string, file: string): Promise<FileEntry[]> {
  const { parse, TomlError } = await import('smol-toml');
  let root: Record<string, unknown>;
  try {
    root = parse(text.replace(/^\uFEFF/, ''), { maxDepth: 8, unsafeKeyBehaviour: 'throw' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const why = error.message.split('\n')[0].replace(/^Invalid TOML document: /, '');
    throw new UsageError(
      `${placeOf(file, error.line)}: this is no TOML: ${why}`,
      'Write KEY = "VALUE", as effusion help config shows.',
    );
  }
  const lines = findLines(text);
  const entry = (table: string | null, key: string, value: unknown): FileEntry => ({
    table,
    key,
    value,
    line: lines.get(`${table ?? ''}\n${key}`) ?? null,
  });
  return Object.entries(root).flatMap(([key, value]) =>
    isTable(value)
      ? Object.entries(value).map(([inner, innerValue]) => entry(key, inner, innerValue))
      : [entry(null, key, value)],
  );
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Where each key begins. The library tells it of broken TOML only; a spelling that is not found here costs the line in a message. */
function findLines(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  let table = '';
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\s*["']?([\w-]+)["']?\s*\]/.exec(line);
    if (header !== null) table = header[1];
    const key = /^\s*["']?([\w-]+)["']?\s*=/.exec(line);
    if (key !== null && !lines.has(`${table}\n${key[1]}`)) lines.set(`${table}\n${key[1]}`, index + 1);
  }
  return lines;
}

export function placeOf(file: string, line: number | null): string {
  return line === null ? file : `${file}, line ${line}`;
}

/** The value of a variable for a switch. Null for the empty text. */
export function readSwitch(text: string, where: string): boolean | null {
  if (text === '') return null;
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new UsageError(`${where}: '${text}' is neither on nor off`, 'Write 1 or 0.');
}
