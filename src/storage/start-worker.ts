// Starts a thread of ours by the name of its file: built, it lies beside the bundle that this is part of; in the sources it
// is TypeScript, and the thread needs the loader of development.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MessagePort, Worker } from 'node:worker_threads';

/** A module that makes a thread read TypeScript: given as `--import`, the loader of development only serves the main thread. */
function developmentLoader(): string {
  const from = JSON.stringify(import.meta.url);
  return `data:text/javascript,import { register } from 'node:module'; register('tsx/esm', ${from}, { data: true });`;
}

/** `port` is handed over and becomes the thread's `workerData`. Throws where there is no descriptor or thread left. */
export function startWorker(name: 'hash-worker' | 'piece-hash-worker', port?: MessagePort): Worker {
  // With the first thread: most runs start none.
  const threads = process.getBuiltinModule('node:worker_threads');
  const given = port === undefined ? {} : { workerData: port, transferList: [port] };
  const built = new URL(`./${name}.js`, import.meta.url);
  if (existsSync(fileURLToPath(built))) return new threads.Worker(built, { env: threads.SHARE_ENV, execArgv: [], ...given });
  const execArgv = ['--import', developmentLoader()];
  return new threads.Worker(new URL(`./${name}.ts`, import.meta.url), { env: threads.SHARE_ENV, execArgv, ...given });
}
