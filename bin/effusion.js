#!/usr/bin/env node
// The command. Plain JavaScript that any Node can parse, so that one too old gets a clear line instead of a stack.
// Runs the bundle in dist/ where there is one, else (a checkout that was not built) the sources through tsx. CommonJS (package.json beside
// it): a start without Node's loader of modules is 5 to 10 ms shorter.

const { readFileSync } = require('node:fs');
const module_ = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const MINIMUM = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  const needed = MINIMUM.join('.');
  process.stderr.write(
    `effusion: error: Node.js ${process.versions.node} is too old: effusion needs ${needed} or newer. Install a newer Node.js. (exit 2)\n`,
  );
  process.exit(2);
}

// Node 22 and later keep compiled code between runs.
module_.enableCompileCache?.();

const ROOT = path.join(__dirname, '..');
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const { hasBundle, loadBundle } = require('./load-bundle.js');
const command = { argv: process.argv.slice(2), version };
void run();

async function run() {
  const { main } = hasBundle() ? loadBundle() : await loadSources();
  await main(command);
}

async function loadSources() {
  const { register } = await import('tsx/esm/api');
  register();
  return import(pathToFileURL(path.join(ROOT, 'src/cli/main.ts')).href);
}
