// The bundle of the command, loaded with compiled code that a build has kept for it: a third of the start on Node 20. Node 22 and
// later keep compiled code themselves. V8 refuses code of another version, and then compiles as it would without.

import { readFileSync, statSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const BUNDLE = path.join(DIST, 'cli.cjs');

/** Made by make-code-cache.js. */
export const CODE_CACHE = path.join(DIST, 'cli.cache');

export function hasBundle() {
  return statSync(BUNDLE, { throwIfNoEntry: false }) !== undefined;
}

/** What the bundle exports. */
export function loadBundle() {
  const compiled = module.enableCompileCache === undefined ? readCodeCache() : undefined;
  return compiled === undefined ? module.createRequire(BUNDLE)(BUNDLE) : runBundle(compiled).exports;
}

/** @param {Uint8Array | undefined} cachedData */
export function runBundle(cachedData) {
  const script = new vm.Script(module.wrap(readFileSync(BUNDLE, 'utf8')), { filename: BUNDLE, cachedData });
  const loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, module.createRequire(BUNDLE), loaded, BUNDLE, DIST);
  return { exports: loaded.exports, script };
}

/**
 * Which file the compiled code belongs to, in front of it: V8 compares nothing but the length of the text, and would run the old
 * code of a bundle that was replaced.
 */
export function bundleMark() {
  const { size, mtimeMs } = statSync(BUNDLE);
  return new Uint8Array(Float64Array.of(size, mtimeMs).buffer);
}

function readCodeCache() {
  try {
    const kept = readFileSync(CODE_CACHE);
    const mark = bundleMark();
    return mark.every((byte, at) => kept[at] === byte) ? kept.subarray(mark.length) : undefined;
  } catch {
    // There is none: a package, or a build without loopback.
    return undefined;
  }
}
