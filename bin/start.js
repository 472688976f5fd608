// Runs the bundle in dist/ where there is one, with compiled code that a build has kept for it (a third of the start), else (a checkout that
// was not built) the sources through tsx. One file, as each costs half a millisecond.

const { isAscii } = require('node:buffer');
const { closeSync, openSync, readSync, statSync } = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const vm = require('node:vm');

const DIST = path.join(__dirname, '../dist/');
const BUNDLE = path.join(DIST, 'cli.cjs');

/** Made by make-code-cache.mjs. */
const CODE_CACHE = path.join(DIST, 'cli.cache');

/** What a module of CommonJS is to Node: a function. */
const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n});';

/** Node 22 and later keep compiled code themselves, between the runs. Asked for there only: it comes with the loader of modules. */
const isKeptByNode = Number(process.versions.node.split('.')[0]) >= 22;

async function start() {
  if (isKeptByNode) require('node:module').enableCompileCache?.();
  const { main } = isThere(BUNDLE) ? loadBundle() : await loadSources();
  await main({ argv: process.argv.slice(2) });
}

function isThere(file) {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

async function loadSources() {
  const { register } = await import('tsx/esm/api');
  register();
  return import(pathToFileURL(path.join(__dirname, '../src/cli/main.ts')).href);
}

/** What the bundle exports. There is no compiled code in a package, nor after a build without loopback. */
function loadBundle() {
  return !isKeptByNode && isThere(CODE_CACHE) ? runBundle(true).exports : require(BUNDLE);
}

/**
 * `isCompiled`: with the code that was kept for it. Both files go through the same memory: the first touch of it costs more than to read
 * a file.
 */
function runBundle(isCompiled) {
  const textBytes = HEAD.length + statSync(BUNDLE).size + TAIL.length;
  const memory = Buffer.allocUnsafeSlow(isCompiled ? Math.max(textBytes, statSync(CODE_CACHE).size) : textBytes);
  const text = readBundle(memory);
  const cachedData = isCompiled ? readCodeCache(memory) : undefined;
  const script = new vm.Script(text, { filename: BUNDLE, cachedData });
  const loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, require, loaded, BUNDLE, DIST);
  return { exports: loaded.exports, script };
}

/**
 * As the text of a function. It is put together as bytes, and has one byte a character instead of two to V8: a copy of it less, and half
 * the memory.
 */
function readBundle(memory) {
  const end = readInto(memory, memory.write(HEAD), BUNDLE);
  const bytes = memory.subarray(0, end + memory.write(TAIL, end));
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}

/**
 * Which file the compiled code belongs to, in front of it: V8 compares nothing but the length of the text, and would run the old
 * code of a bundle that was replaced. And it refuses code of another version of V8, and then compiles as it would without.
 */
function bundleMark() {
  const { size, mtimeMs } = statSync(BUNDLE);
  return new Uint8Array(Float64Array.of(size, mtimeMs).buffer);
}

/** Undefined where it is not that of the bundle, or cannot be read. */
function readCodeCache(memory) {
  try {
    const kept = memory.subarray(0, readInto(memory, 0, CODE_CACHE));
    const mark = bundleMark();
    return mark.every((byte, at) => kept[at] === byte) ? kept.subarray(mark.length) : undefined;
  } catch {
    return undefined;
  }
}

/** From `start`; answers where it ends. */
function readInto(memory, start, file) {
  const descriptor = openSync(file);
  try {
    let end = start;
    for (;;) {
      const read = readSync(descriptor, memory, end, memory.length - end, null);
      if (read === 0) return end;
      end += read;
    }
  } finally {
    closeSync(descriptor);
  }
}

module.exports = { CODE_CACHE, bundleMark, runBundle, start };
