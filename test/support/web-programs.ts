// Real web servers for the interop tests of web seeds: nginx, which knows ranges, and Python's http.server, which does not.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild, type Child } from './child-process.js';
import { freePort } from './free-port.js';
import { NGINX, PYTHON } from './real-peers.js';
import { makeTempFolder } from './temp-folder.js';

export interface WebProgram {
  /** Ends in a slash. */
  readonly url: string;
  /** The lines of its log so far: one a request. */
  log(): Promise<string[]>;
}

/** Serves `root` on 127.0.0.1 until the running test ends. */
export async function startNginx(root: string): Promise<WebProgram> {
  const [folder, port] = [await makeTempFolder(), await freePort()];
  await mkdir(join(folder, 'tmp'));
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/tmp/${name};`);
  const config = `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
events {}
http { access_log ${folder}/access.log; ${scratch.join(' ')} server { listen 127.0.0.1:${port}; root ${root}; } }
`;
  await writeFile(join(folder, 'nginx.conf'), config);
  const child = startChild(NGINX, ['-p', folder, '-c', join(folder, 'nginx.conf')], { timeoutMs: 120_000 });
  await answering(port, child);
  const log = async (): Promise<string[]> => {
    const lines = (await readFile(join(folder, 'access.log'), 'utf8')).split('\n');
    return lines.filter((line) => line.includes('"GET ') && line.includes('effusion'));
  };
  return { url: `http://127.0.0.1:${port}/`, log };
}

/** The same, without ranges and without connections that are kept. */
export async function startPythonServer(root: string): Promise<WebProgram> {
  const port = await freePort();
  const args = ['-u', '-m', 'http.server', '--bind', '127.0.0.1', '--directory', root, String(port)];
  const child = startChild(PYTHON, args, { timeoutMs: 120_000 });
  await answering(port, child);
  const log = (): Promise<string[]> =>
    Promise.resolve(
      child
        .output()
        .split('\n')
        .filter((line) => line.includes('"GET /'))
        .slice(1),
    );
  return { url: `http://127.0.0.1:${port}/`, log };
}

/** Neither says when it listens: asking again is the only way to wait. The first answer is one line of the log. */
async function answering(port: number, child: Child): Promise<void> {
  const ended = new AbortController();
  void child.ended.finally(() => ended.abort()).catch(() => undefined);
  while (!ended.signal.aborted) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    await answer?.arrayBuffer();
    if (answer !== null) return;
    await delay(50);
  }
  throw new Error(`the web server ended: ${child.output()}`);
}
