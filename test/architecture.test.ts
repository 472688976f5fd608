// The architecture is held by this test: who may import what, no cycles, small files, a pure core, a document that names
// what exists. The rules are data and functions in support/architecture-rules.ts; each is first shown to fail on a bad example.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  barrelComplaints,
  headComplaints,
  importComplaints,
  lengthComplaints,
  pathComplaints,
  purityComplaints,
  shapeComplaints,
  terminalComplaints,
} from './support/architecture-rules.js';
import { findCycle, hasComputedImport, specifiersOf, type SourceFile } from './support/import-graph.js';

const project = fileURLToPath(new URL('..', import.meta.url));

function filesOf(folder: string): SourceFile[] {
  return readdirSync(join(project, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(project.length).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }));
}

const src = filesOf('src');
const tests = filesOf('test');

describe('the tree', () => {
  test('has files', () => {
    expect(src.length).toBeGreaterThan(10);
    expect(tests.length).toBeGreaterThan(1);
  });
  test('imports what the table allows and nothing else', () => expect(importComplaints(src)).toEqual([]));
  test('has no import cycle', () => expect(findCycle(src)).toBeNull());
  test('keeps clocks, chance, timers and Buffer out of the pure folders', () => expect(purityComplaints(src)).toEqual([]));
  test('leaves the terminal and the end of the process to src/cli', () => expect(terminalComplaints(src)).toEqual([]));
  test('has no file of more than 400 lines', () => expect(lengthComplaints([...src, ...tests])).toEqual([]));
  test('has no barrel but src/index.ts', () => expect(barrelComplaints(src)).toEqual([]));
  test('opens each file with what and why', () => expect(headComplaints(src)).toEqual([]));
  test('names files in kebab-case, exports by name, one class a file', () => expect(shapeComplaints(src)).toEqual([]));
  test('is what src/ARCHITECTURE.md says it is', () => {
    const document = readFileSync(join(project, 'src/ARCHITECTURE.md'), 'utf8');
    expect(pathComplaints(document, (path) => existsSync(join(project, path)))).toEqual([]);
    for (const folder of new Set(src.map((file) => /^src\/[^/]+\/(?=.)/.exec(file.path)?.[0]))) {
      if (folder !== undefined) expect(document, 'the code map must name every folder').toContain(`\`${folder}\``);
    }
  });
});

const file = (path: string, text: string): SourceFile => ({ path, text });

describe('the import scanner', () => {
  test('finds every kind of import', () => {
    const text = [
      "import { a } from './a.js';",
      "import type { B } from './b.js';",
      "import c, { type D } from './c.js';",
      "import * as e from './e.js';",
      "export { f } from './f.js';",
      "export type { G } from './g.js';",
      "export * from './h.js';",
      "import './i.js';",
      "const j = await import('./j.js');",
      "type K = import('./k.js').K;",
      'import {\n  l,\n  m,\n} from "./l.js";',
    ].join('\n');
    expect(specifiersOf(text).toSorted()).toEqual('abcefghijkl'.split('').map((name) => `./${name}.js`));
  });
  test('takes no other from for one', () => {
    expect(specifiersOf("const x = Array.from('abc');\nexport const from = 'abc';")).toEqual([]);
  });
  test('sees an import of a computed name', () => {
    expect(hasComputedImport("import('./a.js')")).toBe(false);
    expect(hasComputedImport('import(name)')).toBe(true);
    expect(hasComputedImport('import(`./${name}.js`)')).toBe(true);
  });
});

describe('each rule can fail', () => {
  test.each([
    ['a folder above', 'src/model/x.ts', "import { a } from '../wire/a.js';"],
    ['a type of a folder above', 'src/wire/x.ts', "import type { A } from '../session/a.js';"],
    ['a dynamic import', 'src/session/x.ts', "const a = await import('../storage/a.js');"],
    ['node in the core', 'src/session/x.ts', "import { readFile } from 'node:fs/promises';"],
    ['node in the core without the prefix', 'src/session/x.ts', "import fs from 'fs';"],
    ['another node module in hash', 'src/hash/x.ts', "import { readFile } from 'node:fs/promises';"],
    ['a package the folder has no business with', 'src/engine/x.ts', "import chalk from 'chalk';"],
    ['a sibling that must not know it', 'src/net/x.ts', "import { a } from '../storage/a.js';"],
    ['the core of the engine from cli', 'src/cli/x.ts', "import { a } from '../session/a.js';"],
    ['the public API from inside', 'src/engine/x.ts', "import { a } from '../index.js';"],
    ['a folder that is not in the table', 'src/utils/x.ts', 'export const a = 1;'],
    ['io in a pure protocol', 'src/discovery/dht/protocol/x.ts', "import { a } from '../../../io/a.js';"],
    ['a computed import', 'src/cli/x.ts', 'await import(name);'],
  ])('imports: %s', (_name, path, text) => expect(importComplaints([file(path, text)])).toHaveLength(1));

  test('imports: what is allowed passes', () => {
    const allowed = [
      file('src/model/x.ts', "import { a } from './a.js';"),
      file('src/hash/x.ts', "import { createHash } from 'node:crypto';"),
      file('src/bencode/x.ts', "import bencode from 'bencode';"),
      file('src/engine/x.ts', "import { a } from '../net/a.js';\nimport fs from 'node:fs';"),
      file('src/discovery/dht/protocol/x.ts', "import { a } from '../../../bencode/a.js';"),
      file('src/index.ts', "export { a } from './engine/a.js';"),
    ];
    expect(importComplaints(allowed)).toEqual([]);
  });

  test('cycles', () => {
    const a = file('src/model/a.ts', "import { b } from './b.js';");
    const b = file('src/model/b.ts', "import type { c } from './c.js';");
    const c = file('src/model/c.ts', "import { a } from './a.js';");
    expect(findCycle([a, b])).toBeNull();
    expect(findCycle([a, b, c])).toEqual(['src/model/a.ts', 'src/model/b.ts', 'src/model/c.ts', 'src/model/a.ts']);
  });

  test.each(['new Date()', 'Math.random()', 'setTimeout(f, 1)', 'performance.now()', '// as in process.env', 'Buffer.alloc(1)'])(
    'purity: %s',
    (text) => {
      for (const folder of ['model', 'bencode', 'metainfo', 'wire', 'session', 'hash', 'discovery/dht/protocol']) {
        expect(purityComplaints([file(`src/${folder}/x.ts`, text)])).toHaveLength(1);
      }
      expect(purityComplaints([file('src/engine/x.ts', text)])).toEqual([]);
    },
  );
  test('purity: longer words are other words', () => {
    expect(purityComplaints([file('src/wire/x.ts', 'creationDate PieceBuffers processed ArrayBuffer')])).toEqual([]);
  });

  test('terminal', () => {
    expect(terminalComplaints([file('src/engine/x.ts', 'process.exit(1)')])).toHaveLength(1);
    expect(terminalComplaints([file('src/engine/x.ts', "import ora from 'ora';")])).toHaveLength(1);
    expect(terminalComplaints([file('src/cli/x.ts', "import ora from 'ora';\nprocess.exit(1)")])).toEqual([]);
  });

  test('length', () => {
    expect(lengthComplaints([file('src/model/x.ts', '\n'.repeat(400))])).toEqual([]);
    expect(lengthComplaints([file('src/model/x.ts', '\n'.repeat(401))])).toHaveLength(1);
  });

  test('barrels', () => {
    const text = "// all of it\n// here\nexport * from './a.js';\nexport type { B } from './b.js';\n";
    expect(barrelComplaints([file('src/model/x.ts', text)])).toHaveLength(1);
    expect(barrelComplaints([file('src/index.ts', text), file('src/model/y.ts', `${text}export const c = 1;`)])).toEqual([]);
  });

  test('heads', () => {
    const head = (lines: number): SourceFile => file('src/model/x.ts', `${'// why\n'.repeat(lines)}\nexport const a = 1;\n`);
    expect([0, 1, 7].flatMap((lines) => headComplaints([head(lines)]))).toHaveLength(3);
    expect([2, 6].flatMap((lines) => headComplaints([head(lines)]))).toEqual([]);
  });

  test('shape', () => {
    expect(shapeComplaints([file('src/model/pieceIndex.ts', '')])).toHaveLength(1);
    expect(shapeComplaints([file('src/model/x.ts', 'export default 1;')])).toHaveLength(1);
    expect(shapeComplaints([file('src/model/x.ts', 'class A {}\nexport class B {}')])).toHaveLength(1);
    expect(shapeComplaints([file('src/model/x.ts', 'class A extends Error {}\nexport class B extends WireError {}')])).toEqual(
      [],
    );
  });

  test('paths of the document', () => {
    expect(pathComplaints('see `src/gone.ts` and `src/here/`', (path) => path === 'src/here')).toEqual([
      'src/gone.ts does not exist',
    ]);
  });
});
