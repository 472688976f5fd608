// The bundle of the command, loaded with compiled code that a build has kept for it: a third of the start on Node 20. Node 22 and
// later keep compiled code themselves. V8 refuses code of another version, and then compiles as it would without.

const { isAscii } = require('node:buffer');
const { readFileSync, statSync } = require('node:fs');
const module_ = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const DIST = path.join(__dirname, '../dist/');
const BUNDLE = path.join(DIST, 'cli.cjs');

/** Made by make-code-cache.mjs. */
const CODE_CACHE = path.join(DIST, 'cli.cache');

function hasBundle() {
  return statSync(BUNDLE, { throwIfNoEntry: false }) !== undefined;
}

/** What the bundle exports. */
function loadBundle() {
  const compiled = module_.enableCompileCache === undefined ? readCodeCache() : undefined;
  return compiled === undefined ? module_.createRequire(BUNDLE)(BUNDLE) : runBundle(compiled).exports;
}

/** @param {Uint8Array | undefined} cachedData */
function runBundle(cachedData) {
  const bytes = readFileSync(BUNDLE);
  // To V8 one byte a character instead of two: half the memory, and 2 ms less.
  const text = bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
  const script = new vm.Script(module_.wrap(text), { filename: BUNDLE, cachedData });
  const loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, module_.createRequire(BUNDLE), loaded, BUNDLE, DIST);
  return { exports: loaded.exports, script };
}

/**
 * Which file the compiled code belongs to, in front of it: V8 compares nothing but the length of the text, and would run the old
 * code of a bundle that was replaced.
 */
function bundleMark() {
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

module.exports = { CODE_CACHE, bundleMark, hasBundle, loadBundle, runBundle };
