#!/usr/bin/env node
// The command. Plain JavaScript that any Node can parse and run, so that one too old gets a clear line instead of a stack: the rest is
// in files that only a new one reads. CommonJS (package.json beside it): a start without Node's loader of modules is 5 to 10 ms shorter.

const MINIMUM = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  const needed = MINIMUM.join('.');
  process.stderr.write(
    `effusion: error: Node.js ${process.versions.node} is too old: effusion needs ${needed} or newer. Install a newer Node.js. (exit 2)\n`,
  );
  process.exit(2);
}

const { start } = require('./start.js');
void start();
