// The bundle of the command, loaded with compiled code that a build has kept for it: a third of the start on Node 20. Node 22 and
// later keep compiled code themselves. V8 refuses code of another version, and then compiles as it would without.

import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const BUNDLE = path.join(DIST, 'cli.cjs');

/** Made by make-code-cache.js, and gone with each build: code is not checked against the text it was made from. */
export const CODE_CACHE = path.join(DIST, 'cli.cache');

/** @returns {boolean} */
export function hasBundle() {
  return existsSync(BUNDLE);
}

/** What the bundle exports, and the script it came from; without one where Node did the loading. */
export function loadBundle() {
  const isKeptByNode = module.enableCompileCache !== undefined;
  const require = module.createRequire(BUNDLE);
  if (isKeptByNode || !existsSync(CODE_CACHE)) return require(BUNDLE);
  return runBundle(readFileSync(CODE_CACHE)).exports;
}

/** @param {Uint8Array | undefined} cachedData */
export function runBundle(cachedData) {
  const script = new vm.Script(module.wrap(readFileSync(BUNDLE, 'utf8')), {
    filename: BUNDLE,
    cachedData,
  });
  const loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, module.createRequire(BUNDLE), loaded, BUNDLE, DIST);
  return { exports: loaded.exports, script };
}
