// Who has no proxy and binds to no interface pays nothing for them at the start: their modules are loaded by `import()`, or for their types.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../../../../src', import.meta.url));
/** Others need no more of a proxy than to know its errors. */
const LOADED = /\/proxy-error\.js$/;

/** Modules that the text imports at its start, for more than types. */
function importsOf(text: string): string[] {
  return Array.from(text.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)';/gm), (match) => match[1]);
}

test('nothing outside src/io/proxy imports it at the start', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const loaders = files
    .filter((name) => !name.startsWith(path.join('io', 'proxy')) && name !== path.join('net', 'proxy-transport.ts'))
    .flatMap((name) => importsOf(readFileSync(path.join(src, name), 'utf8')).map((specifier) => ({ name, specifier })))
    .filter(({ specifier }) => /\/(?:proxy\/|proxy-transport|interface-binding)/.test(specifier) && !LOADED.test(specifier));
  expect(loaders).toEqual([]);
  expect(importsOf("import { a } from './proxy/x.js';\nimport type { B } from './b.js';")).toEqual(['./proxy/x.js']);
});
