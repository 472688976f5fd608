#!/usr/bin/env node
// The command. Plain JavaScript that any Node can parse, so that one too old gets a clear line instead of a stack.
// Runs the bundle in dist/ where there is one, else (a checkout that was not built) the sources through tsx.

import { readFileSync } from 'node:fs';
import module from 'node:module';

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
module.enableCompileCache?.();

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const { hasBundle, loadBundle } = await import('./load-bundle.js');
const { main } = hasBundle() ? loadBundle() : await loadSources();
await main({ argv: process.argv.slice(2), version });

async function loadSources() {
  const { register } = await import('tsx/esm/api');
  register();
  return import(new URL('../src/cli/main.ts', import.meta.url).href);
}
