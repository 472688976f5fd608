// Runs the bundle in dist/ where there is one, else (a checkout that was not built) the sources through tsx.

const { readFileSync } = require('node:fs');
const module_ = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

// Node 22 and later keep compiled code between runs.
module_.enableCompileCache?.();

const ROOT = path.join(__dirname, '..');
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const { hasBundle, loadBundle } = require('./load-bundle.js');
void run({ argv: process.argv.slice(2), version });

async function run(command) {
  const { main } = hasBundle() ? loadBundle() : await loadSources();
  await main(command);
}

async function loadSources() {
  const { register } = await import('tsx/esm/api');
  register();
  return import(pathToFileURL(path.join(ROOT, 'src/cli/main.ts')).href);
}
