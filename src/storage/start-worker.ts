// Starts a thread of ours by the name of its file: built, it lies beside the bundle that this is part of; in the sources it
// is TypeScript, and the thread needs the loader of development.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SHARE_ENV, Worker, type MessagePort } from 'node:worker_threads';

/** A module that makes a thread read TypeScript: given as `--import`, the loader of development only serves the main thread. */
function developmentLoader(): string {
  const from = JSON.stringify(import.meta.url);
  return `data:text/javascript,import { register } from 'node:module'; register('tsx/esm', ${from}, { data: true });`;
}

/** `port` is handed over and becomes the thread's `workerData`. Throws where there is no descriptor or thread left. */
export function startWorker(name: 'hash-worker' | 'piece-hash-worker', port?: MessagePort): Worker {
  const given = port === undefined ? {} : { workerData: port, transferList: [port] };
  const built = new URL(`./${name}.js`, import.meta.url);
  if (existsSync(fileURLToPath(built))) return new Worker(built, { env: SHARE_ENV, execArgv: [], ...given });
  const execArgv = ['--import', developmentLoader()];
  return new Worker(new URL(`./${name}.ts`, import.meta.url), { env: SHARE_ENV, execArgv, ...given });
}
