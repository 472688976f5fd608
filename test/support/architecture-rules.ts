// The rules of the house as data and as functions from files to complaints. test/architecture.test.ts runs them on the
// real tree and on small made-up ones, which show that each rule can fail.

import { hasComputedImport, packageOf, resolveSpecifier, specifiersOf, type SourceFile } from './import-graph.js';

interface FolderRule {
  /** Folders of src/ it may import from, besides itself. */
  readonly folders: readonly string[];
  /** `true`: every `node:` module. */
  readonly node: boolean | readonly string[];
  readonly packages: readonly string[];
}

const BELOW_ENGINE = ['model', 'hash', 'bencode', 'metainfo', 'wire', 'session', 'storage', 'io', 'net', 'discovery'];

/** Who may import what: the table that src/ARCHITECTURE.md explains. A folder that is not here may not exist. */
const IMPORT_TABLE: Readonly<Record<string, FolderRule>> = {
  model: { folders: [], node: false, packages: [] },
  hash: { folders: ['model'], node: ['node:crypto'], packages: [] },
  bencode: { folders: ['model'], node: false, packages: ['bencode'] },
  metainfo: { folders: ['model', 'hash', 'bencode'], node: false, packages: [] },
  wire: { folders: ['model', 'hash', 'bencode'], node: false, packages: [] },
  session: { folders: ['model', 'hash', 'metainfo', 'wire'], node: false, packages: [] },
  storage: { folders: ['model', 'metainfo', 'hash'], node: true, packages: ['valibot'] },
  io: { folders: ['model'], node: true, packages: ['undici', 'socks'] },
  net: { folders: ['model', 'wire', 'io'], node: true, packages: [] },
  discovery: { folders: ['model', 'hash', 'bencode', 'io'], node: true, packages: [] },
  engine: { folders: BELOW_ENGINE, node: true, packages: [] },
  swarm: { folders: [...BELOW_ENGINE, 'engine'], node: true, packages: [] },
  cli: {
    folders: ['engine', 'swarm', 'metainfo', 'model'],
    node: true,
    packages: ['commander', 'chalk', 'ora', 'cli-progress', 'pretty-bytes', 'pretty-ms', 'smol-toml', 'string-width', 'valibot'],
  },
};

const MAX_LINES = 400;
const PURE_FOLDERS = /^src\/(?:model|bencode|metainfo|wire|session|hash|(?:discovery|net)\/[^/]+\/protocol)\//;
const BANNED_IN_PURE = /\b(?:Date|Math\.random|setTimeout|performance|process|Buffer)\b/;
const TERMINAL_PACKAGES = ['commander', 'chalk', 'ora', 'cli-progress'];
const PROTOCOL_FOLDER = /^src\/(?:discovery|net)\/[^/]+\/protocol\//;

/** `src/model/ids.ts` → `model`; files at the top of src/ have none. */
function folderOf(path: string): string | null {
  return /^src\/([^/]+)\/.+/.exec(path)?.[1] ?? null;
}

/** Imports the table doesn't allow, imports of src/index.ts, computed imports, folders the table doesn't know. */
export function importComplaints(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const complaints: string[] = [];
    const folder = folderOf(file.path);
    const rule = folder === null ? null : IMPORT_TABLE[folder];
    if (hasComputedImport(file.text)) complaints.push(`${file.path}: an import() whose module is not a plain string`);
    if (rule === undefined) return [...complaints, `${file.path}: the import table has no folder ${folder}`];
    for (const specifier of specifiersOf(file.text)) {
      const target = resolveSpecifier(file.path, specifier);
      if (target === 'src/index.ts') complaints.push(`${file.path}: imports src/index.ts`);
      else if (!mayImport(file.path, folder, rule, specifier, target))
        complaints.push(`${file.path}: may not import ${specifier}`);
    }
    return complaints;
  });
}

function mayImport(
  path: string,
  folder: string | null,
  rule: FolderRule | null,
  specifier: string,
  target: string | null,
): boolean {
  if (rule === null) return target !== null && !target.startsWith('src/cli/'); // src/index.ts: everything but the command
  if (target !== null) {
    const into = folderOf(target);
    if (into === null) return false;
    if (PROTOCOL_FOLDER.test(path)) return [...rule.folders.filter((name) => name !== 'io'), folder].includes(into);
    return into === folder || rule.folders.includes(into);
  }
  if (!specifier.startsWith('node:')) return rule.packages.includes(packageOf(specifier));
  if (PROTOCOL_FOLDER.test(path)) return false;
  return rule.node === true || (rule.node !== false && rule.node.includes(specifier));
}

/** Clocks, chance, timers and Node's own byte type named in a folder that must stay free of them, comments included. */
export function purityComplaints(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => PURE_FOLDERS.test(file.path))
    .flatMap((file) =>
      file.text.split('\n').flatMap((line, index) => {
        const word = BANNED_IN_PURE.exec(line)?.[0];
        return word === undefined ? [] : [`${file.path}:${index + 1}: mentions ${word}`];
      }),
    );
}

/** The terminal and the end of the process belong to src/cli. */
export function terminalComplaints(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => file.path.startsWith('src/') && !file.path.startsWith('src/cli/'))
    .flatMap((file) => {
      const packages = new Set(specifiersOf(file.text).map(packageOf));
      const complaints = TERMINAL_PACKAGES.filter((name) => packages.has(name)).map((name) => `${file.path}: imports ${name}`);
      if (/\bprocess\.exit\b/.test(file.text)) complaints.push(`${file.path}: mentions process.exit`);
      return complaints;
    });
}

export function lengthComplaints(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
    return lines > MAX_LINES ? [`${file.path}: ${lines} lines, at most ${MAX_LINES}`] : [];
  });
}

/** A barrel: a file with nothing in it but re-exports. Only src/index.ts is one. */
export function barrelComplaints(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => file.path !== 'src/index.ts')
    .filter((file) => {
      const code = withoutComments(file.text).trim();
      const rest = code.replaceAll(/export\s+(?:type\s+)?(?:\{[^}]*\}|\*(?:\s*as\s+\w+)?)\s*from\s*['"][^'"]+['"];?/g, '').trim();
      return code !== '' && rest === '';
    })
    .map((file) => `${file.path}: only re-exports`);
}

/** Each file of src/ opens with 2 to 6 lines of comment: what it is and why it is so. */
export function headComplaints(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const lines = file.text.split('\n');
    const end = lines.findIndex((line) => !line.startsWith('//'));
    const count = end < 0 ? lines.length : end;
    return count >= 2 && count <= 6 ? [] : [`${file.path}: opens with ${count} lines of // comment, not 2 to 6`];
  });
}

/** kebab-case names, no default exports, at most one class a file (error types may share one). */
export function shapeComplaints(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const complaints: string[] = [];
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.ts$/.test(name)) complaints.push(`${file.path}: not a kebab-case name`);
    if (/^export default\b/m.test(file.text)) complaints.push(`${file.path}: a default export`);
    const classes = [...file.text.matchAll(/^(?:export )?(?:abstract )?class \w+(?:<[^{]*>)?(?: extends (\w+))?/gm)];
    if (classes.filter((match) => !match[1]?.endsWith('Error')).length > 1) complaints.push(`${file.path}: more than one class`);
    return complaints;
  });
}

/** Paths in backquotes of a document that begin with a folder of the project and don't exist. */
export function pathComplaints(document: string, exists: (path: string) => boolean): string[] {
  const named = [...document.matchAll(/`((?:src|test|bin|fixtures|\.ci)\/[^`\s]*)`/g)].map((match) => match[1] ?? '');
  return [...new Set(named)].filter((path) => !exists(path.replace(/\/$/, ''))).map((path) => `${path} does not exist`);
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}
