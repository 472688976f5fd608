// Runs the bundle in dist/ where there is one, with compiled code that a build has kept for it (a third of the start on Node 20; Node 22 and
// later keep compiled code themselves), else (a checkout that was not built) the sources through tsx. One file, as each costs half a
// millisecond.

const { isAscii } = require('node:buffer');
const { readFileSync, statSync } = require('node:fs');
const module_ = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const vm = require('node:vm');

const DIST = path.join(__dirname, '../dist/');
const BUNDLE = path.join(DIST, 'cli.cjs');

/** Made by make-code-cache.mjs. */
const CODE_CACHE = path.join(DIST, 'cli.cache');

async function start() {
  module_.enableCompileCache?.();
  const { main } = hasBundle() ? loadBundle() : await loadSources();
  await main({ argv: process.argv.slice(2) });
}

function hasBundle() {
  return statSync(BUNDLE, { throwIfNoEntry: false }) !== undefined;
}

async function loadSources() {
  const { register } = await import('tsx/esm/api');
  register();
  return import(pathToFileURL(path.join(__dirname, '../src/cli/main.ts')).href);
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
 * code of a bundle that was replaced. And it refuses code of another version of V8, and then compiles as it would without.
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

module.exports = { CODE_CACHE, bundleMark, runBundle, start };
