// The imports of a set of TypeScript files, found by their syntax alone: static, type-only, re-exporting, side-effect and
// dynamic ones. Pure functions over {path, text}, so that the rules built on them can be tried on files that don't exist.

import { posix } from 'node:path';

export interface SourceFile {
  /** Relative to the project, with slashes: `src/model/ids.ts`. */
  readonly path: string;
  readonly text: string;
}

const STATIC =
  /^[ \t]*(?:import|export)\s+(?:type\s+)?(?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s*as\s+[\w$]+)?)?\s*from\s*(['"])([^'"]+)\1/gm;
const SIDE_EFFECT = /^[ \t]*import\s*(['"])([^'"]+)\1/gm;
const DYNAMIC = /\bimport\(\s*(?:\/\*[^*]*\*\/\s*)?(['"`])([^'"`$]+)\1/g;
const COMPUTED = /\bimport\(\s*(?!['"`][^'"`$]+['"`])/;

/** Every specifier a text imports from, as written, without repeats. */
export function specifiersOf(text: string): string[] {
  const found = new Set<string>();
  for (const pattern of [STATIC, SIDE_EFFECT, DYNAMIC]) {
    for (const match of text.matchAll(pattern)) found.add(match[2] ?? '');
  }
  return [...found];
}

/** True where an import names its module by an expression, which no rule could follow. */
export function hasComputedImport(text: string): boolean {
  return COMPUTED.test(text);
}

/** The project path a relative specifier means (`./ids.js` in `src/model/x.ts` is `src/model/ids.ts`); null for packages. */
export function resolveSpecifier(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** The package a bare specifier belongs to: `@a/b/c` is `@a/b`, `x/y` is `x`; `node:` names stay whole. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The files of one import cycle in order, the first repeated at the end; null when there is none. */
export function findCycle(files: readonly SourceFile[]): string[] | null {
  const targets = new Map<string, string[]>();
  for (const file of files) {
    const paths = specifiersOf(file.text).map((specifier) => resolveSpecifier(file.path, specifier));
    targets.set(
      file.path,
      paths.filter((path) => path !== null),
    );
  }
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): string[] | null => {
    if (done.has(path)) return null;
    const start = trail.indexOf(path);
    if (start >= 0) return [...trail.slice(start), path];
    trail.push(path);
    for (const target of targets.get(path) ?? []) {
      const cycle = visit(target);
      if (cycle !== null) return cycle;
    }
    trail.pop();
    done.add(path);
    return null;
  };
  for (const path of targets.keys()) {
    const cycle = visit(path);
    if (cycle !== null) return cycle;
  }
  return null;
}
