// Starts a thread of ours by the name of its file: built, it lies beside the bundle that this is part of, as CommonJS, which starts
// 10 ms sooner than a module; in the sources it is TypeScript, and the thread needs the loader of development.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MessagePort, Worker, WorkerOptions } from 'node:worker_threads';

/** A module that makes a thread read TypeScript: given as `--import`, the loader of development only serves the main thread. */
function developmentLoader(): string {
  const from = JSON.stringify(import.meta.url);
  return `data:text/javascript,import { register } from 'node:module'; register('tsx/esm', ${from}, { data: true });`;
}

/** `data` becomes the thread's `workerData`, `moved` goes with it. Throws where there is no descriptor or thread left. */
export function startWorker(name: 'hash-worker' | 'piece-hash-worker', data?: unknown, moved: MessagePort[] = []): Worker {
  // With the first thread: most runs start none.
  const threads = process.getBuiltinModule('node:worker_threads');
  const given: WorkerOptions = { workerData: data, transferList: moved, env: threads.SHARE_ENV };
  const built = new URL(`./${name}.cjs`, import.meta.url);
  if (existsSync(fileURLToPath(built))) return new threads.Worker(built, { ...given, execArgv: [] });
  const execArgv = ['--import', developmentLoader()];
  return new threads.Worker(new URL(`./${name}.ts`, import.meta.url), { ...given, execArgv });
}
