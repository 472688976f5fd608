// The command against itself on the loopback: every end that a download and a seed can come to, each from its own cause.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startChild, type Child } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { Screen } from '../support/screen.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const LENGTH = 3_000_000;
const payload = fixturePayload(7, LENGTH);

/** A folder with `seed/data.bin` and `data.torrent`. */
async function prepare(trackers: readonly string[] = []): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  await writeFile(path.join(cwd, 'seed/data.bin'), payload);
  const end = await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent', ...trackers.flatMap((url) => ['--tracker', url])], {
    cwd,
  });
  expect(end.code, end.stderr).toBe(0);
  return cwd;
}

async function seed(cwd: string, ...args: readonly string[]): Promise<{ child: Child; peer: string }> {
  const child = cli.start(['seed', 'data.torrent', '--data', 'seed', '--no-trackers', ...args], { cwd });
  const [, port] = await child.outputMatching(/seeding data\.bin on port (\d+)/);
  return { child, peer: `127.0.0.1:${port}` };
}

const download = (cwd: string, ...args: readonly string[]): Child =>
  cli.start(['download', 'data.torrent', '-o', 'out', '--no-trackers', ...args], { cwd });

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`;
}

const NO_PEERS = 'd8:intervali1800e5:peers0:e';

describe('0: whole', () => {
  test('the data is there, its path on stdout, a summary on stderr, no escape anywhere', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const end = await download(cwd, '--peer', peer).ended;
    expect(end).toMatchObject({ code: 0, stdout: 'out/data.bin\n' });
    expect(Buffer.compare(await readFile(path.join(cwd, 'out/data.bin')), payload)).toBe(0);
    expect(readdirSync(path.join(cwd, 'out'))).toEqual(['data.bin']);
    const lines = end.stderr.split('\n');
    expect(lines[0]).toBe(
      'data.bin: 2.9 MiB in 1 file to out; gives up after 2m without a peer (--no-peers-timeout), after 5m without data (--stall-timeout)',
    );
    expect(end.stderr).toMatch(/^done: out\/data\.bin, 2\.9 MiB in .+, .+\/s on average$/m);
    expect(end.stderr).not.toContain('\u001B');
    expect(end.stderr).not.toContain('\r');
  });

  test('the default command, quiet: a path and nothing else', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const end = await cli.run(['data.torrent', '-q', '-o', 'out', '--no-trackers', '--peer', peer], { cwd });
    expect(end).toMatchObject({ code: 0, stdout: 'out/data.bin\n', stderr: '' });
  });

  test('again: already complete, without asking anybody', async () => {
    let announces = 0;
    const tracker = await listen((_, response) => {
      announces++;
      response.end(NO_PEERS);
    });
    const cwd = await prepare([tracker]);
    const end = await cli.run(['download', 'data.torrent', '-o', 'seed'], { cwd });
    expect(end).toMatchObject({ code: 0, stdout: 'seed/data.bin\n' });
    expect(end.stderr).toContain('already complete: seed/data.bin (2.9 MiB)');
    expect(announces).toBe(0);
  });
});

describe('its own code for each other end', () => {
  test('5: no peer answered, and why', async () => {
    const tracker = await listen((_, response) => response.end('d14:failure reason7:go awaye'));
    const cwd = await prepare([tracker]);
    const end = await cli.run(['download', 'data.torrent', '-o', 'out', '--no-peers-timeout', '1'], { cwd });
    expect(end.code).toBe(5);
    expect(end.stderr).toMatch(/effusion: error: no peer answered within 1 s: .*go away.* \(exit 5\)/);
    expect(end.stdout).toBe('');
  });

  test('7: stalled', async () => {
    const cwd = await prepare();
    const empty = cli.start(['download', 'data.torrent', '-o', 'other', '--no-trackers', '--port', '0', '--timeout', '30'], {
      cwd,
    });
    const port = await findListeningPort(empty);
    const end = await download(cwd, '--peer', `127.0.0.1:${port}`, '--stall-timeout', '1').ended;
    expect(end.stderr).toMatch(/effusion: error: no data came for 1 s: .* \(exit 7\)/);
    expect(end.code).toBe(7);
  });

  test('8: the port is taken', async () => {
    const holder = createTcpServer();
    await new Promise<void>((resolve) => {
      holder.listen(0, resolve);
    });
    onTestFinished(() => {
      holder.close();
    });
    const { port } = holder.address() as AddressInfo;
    const cwd = await prepare();
    const end = await download(cwd, '--port', String(port)).ended;
    expect(end.code).toBe(8);
    expect(end.stderr).toMatch(new RegExp(`effusion: error: port ${port} .*EADDRINUSE.* \\(exit 8\\)`));
  });

  test('9: the output folder is a file', async () => {
    const cwd = await prepare();
    await writeFile(path.join(cwd, 'out'), 'in the way');
    const end = await download(cwd).ended;
    expect(end.code).toBe(9);
    expect(end.stderr).toMatch(/effusion: error: .*out.* \((ENOTDIR|EEXIST)\).* \(exit 9\)/);
  });

  test('9: another run holds the folder', async () => {
    const cwd = await prepare();
    const first = download(cwd, '--timeout', '30');
    await findListeningPort(first);
    const end = await download(cwd).ended;
    expect(end.code).toBe(9);
    expect(end.stderr).toContain(`process ${first.pid}`);
  });

  test('9: --overwrite never, and the file stays as it is', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    await mkdir(path.join(cwd, 'out'));
    await writeFile(path.join(cwd, 'out/data.bin'), 'mine');
    const end = await download(cwd, '--peer', peer, '--overwrite', 'never').ended;
    expect(end.code).toBe(9);
    expect(await readFile(path.join(cwd, 'out/data.bin'), 'utf8')).toBe('mine');
  });

  test('124: the time is up', async () => {
    const cwd = await prepare();
    const end = await download(cwd, '--timeout', '500ms').ended;
    expect(end.code).toBe(124);
    expect(end.stderr).toMatch(
      /effusion: error: data\.bin: the 500ms of --timeout are up: 0\.0% of 2\.9 MiB is there\. .* \(exit 124\)/,
    );
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s: %i, in order, and the next run goes on', async (signal, code) => {
    const cwd = await prepare();
    const slow = await seed(cwd, '--max-upload', '600K');
    const child = download(cwd, '--peer', slow.peer);
    await child.outputMatching(/data\.bin: \d+%/);
    child.kill(signal);
    const end = await child.ended;
    expect(end.code).toBe(code);
    expect(end.stderr).toMatch(/^stopped: \d+\.\d% of 2\.9 MiB is there\. Run the same command again to go on\.$/m);
    expect(end.stdout).toBe('');
    const quick = await seed(cwd);
    const rest = await download(cwd, '--peer', quick.peer).ended;
    expect(rest.code).toBe(0);
    expect(rest.stderr).toMatch(/goes on: \d+ of \d+ pieces are there already/);
    expect(readdirSync(path.join(cwd, 'out'))).toEqual(['data.bin']);
  });

  test('under nohup the end of the terminal is not its end', async () => {
    const cwd = await prepare();
    const slow = await seed(cwd, '--max-upload', '1M');
    const args = ['download', 'data.torrent', '-o', 'out', '--no-trackers', '--peer', slow.peer];
    const line = 'nohup "$0" "$@" & echo "pid $!"; wait $!';
    const shell = startChild('bash', ['-c', line, process.execPath, cli.script, ...args], { cwd });
    const [, pid] = await shell.outputMatching(/^pid (\d+)$/m);
    await shell.outputMatching(/data\.bin: \d+%/);
    process.kill(Number(pid), 'SIGHUP');
    const end = await shell.ended;
    expect(end, end.stderr).toMatchObject({ code: 0, stdout: `pid ${pid}\nout/data.bin\n` });
  });

  test('a second signal ends it at once, while the tracker is slow to hear that it stops', async () => {
    // A peer that never says anything: its being dialled proves that the tracker's first answer has arrived.
    const silent = createTcpServer();
    const dialled = new Promise<void>((resolve) => {
      silent.on('connection', (socket) => {
        onTestFinished(() => {
          socket.destroy();
        });
        resolve();
      });
    });
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => {
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
    const tracker = await listen((request, response) => {
      if (request.url?.includes('event=stopped') === true) return;
      response.end(Buffer.from([...Buffer.from('d8:intervali1800e5:peers6:'), 127, 0, 0, 1, port >> 8, port & 255, 0x65]));
    });
    const cwd = await prepare([tracker]);
    const child = cli.start(['download', 'data.torrent', '-o', 'out'], { cwd });
    await dialled;
    child.kill('SIGINT');
    await child.outputMatching(/once more to stop at once/);
    child.kill('SIGTERM');
    const end = await child.ended;
    expect(end.code).toBe(130);
    expect(end.stderr).not.toContain('stopped:');
    // The lock is gone all the same.
    expect(readdirSync(path.join(cwd, 'out')).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });
});

describe('seed', () => {
  test('data that is not whole ends with 10 and names the files; nothing is created', async () => {
    const cwd = await prepare();
    const bytes = Buffer.from(payload);
    bytes[2_000_000] ^= 1;
    await writeFile(path.join(cwd, 'seed/data.bin'), bytes);
    const end = await cli.run(['seed', 'data.torrent', '--data', 'seed'], { cwd });
    expect(end.code).toBe(10);
    expect(end.stderr).toMatch(/effusion: error: data\.bin: the data is not whole: data\.bin \(bad\)\. .* \(exit 10\)/);
    expect(readdirSync(path.join(cwd, 'seed'))).toEqual(['data.bin']);
  });

  test('no data at all ends with 10', async () => {
    const cwd = await prepare();
    const end = await cli.run(['seed', 'data.torrent', '--data', 'elsewhere'], { cwd });
    expect(end.code).toBe(10);
    expect(end.stderr).toContain('there is no "data.bin" in elsewhere');
    expect(existsSync(path.join(cwd, 'elsewhere'))).toBe(false);
  });

  test('it serves until it is stopped', async () => {
    const cwd = await prepare();
    const { child, peer } = await seed(cwd);
    expect((await download(cwd, '--peer', peer).ended).code).toBe(0);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end.code).toBe(130);
    expect(end.stderr).toMatch(/^stopped: 2\.9 MiB sent$/m);
    expect(readdirSync(path.join(cwd, 'seed'))).toEqual(['data.bin']);
  });
});

test('after 8 s without data, one line says why', async () => {
  const tracker = await listen((_, response) => response.end(NO_PEERS));
  const cwd = await prepare([tracker]);
  const child = cli.start(['download', 'data.torrent', '-o', 'out'], { cwd });
  const [line] = await child.outputMatching(/^.*no data for 8 s: .*$/m);
  expect(line).toMatch(/127\.0\.0\.1.* named 0 peers/);
  child.kill('SIGINT');
  expect((await child.ended).code).toBe(130);
});

describe.skipIf(!existsSync('/usr/bin/script'))('on a terminal', () => {
  const onTerminal = (cwd: string, columns: number, args: string, env: Record<string, string> = {}) =>
    cli.terminal(`stty cols ${columns} rows 24; `, args, { cwd, env });

  test.each([40, 80, 200])('at %i columns: a bar while it runs, and a clean screen with the summary', async (columns) => {
    const cwd = await prepare();
    const { peer } = await seed(cwd, '--max-upload', '3M');
    const end = await onTerminal(cwd, columns, `download data.torrent -o out --no-trackers --peer ${peer}`);
    expect(end.code, end.stdout).toBe(0);
    expect(end.stdout).toContain('█');
    const screen = new Screen(columns);
    await screen.write(end.stdout);
    const lines = screen.lines();
    expect(lines.join('').replaceAll(' ', '')).toMatch(/^done:out\/data\.bin,2\.9MiBin.*onaverage$/);
    // The cursor is shown and lines wrap again at the end.
    expect(end.stdout.lastIndexOf('\u001B[?25h')).toBeGreaterThan(end.stdout.lastIndexOf('\u001B[?25l'));
    expect(end.stdout.lastIndexOf('\u001B[?7h')).toBeGreaterThan(end.stdout.lastIndexOf('\u001B[?7l'));
  });

  test('^Z gives the terminal back, stops the process, and the bar comes again when it goes on', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd, '--max-upload', '500K');
    const args = ['download', 'data.torrent', '-o', 'out', '--no-trackers', '--peer', peer].join(' ');
    // A shell with job control above it, or the system would not stop it.
    const line = `stty cols 80 rows 24; set -m; ${process.execPath} ${cli.script} ${args} & echo pid $!; wait -f $!`;
    const env = { SHELL: '/bin/bash', TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', NO_COLOR: '' };
    const terminal = startChild('/usr/bin/script', ['-qefc', line, '/dev/null'], { cwd, env });
    const pid = Number((await terminal.outputMatching(/pid (\d+)/))[1]);
    await terminal.outputMatching(/█/);
    process.kill(pid, 'SIGTSTP');
    await terminal.outputMatching(/Stopped .*data\.torrent/s);
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^State:\tT/m);
    const stopped = terminal.output();
    expect(stopped.lastIndexOf('\u001B[?25h')).toBeGreaterThan(stopped.lastIndexOf('\u001B[?25l'));
    expect(stopped.lastIndexOf('\u001B[?7h')).toBeGreaterThan(stopped.lastIndexOf('\u001B[?7l'));
    const screen = new Screen(80);
    await screen.write(stopped);
    expect(screen.lines().slice(0, 3)).toEqual([`pid ${pid}`, '', expect.stringMatching(/^\[1\].*Stopped/)]);
    process.kill(pid, 'SIGCONT');
    await expect.poll(() => terminal.output().slice(stopped.length)).toContain('█');
    process.kill(pid, 'SIGINT');
    expect((await terminal.ended).stdout).toMatch(/stopped: .* is there/);
  });

  test('a dumb terminal gets lines, and time-outs stay off', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const end = await onTerminal(cwd, 80, `download data.torrent -o out --no-trackers --peer ${peer}`, { TERM: 'dumb' });
    expect(end.code).toBe(0);
    expect(end.stdout).not.toContain('\u001B');
    expect(end.stdout).toContain('data.bin: 2.9 MiB in 1 file to out; waits without a limit');
  });

  test('a spinner while nobody is there', async () => {
    const cwd = await prepare();
    const end = await onTerminal(cwd, 80, 'download data.torrent -o out --no-trackers --timeout 1');
    expect(end.code).toBe(124);
    expect(end.stdout).toContain('data.bin: asking trackers and peers');
    expect(end.stdout.lastIndexOf('\u001B[?25h')).toBeGreaterThan(end.stdout.lastIndexOf('\u001B[?25l'));
  });
});

/** Where a run listens, from /proc: it says so to trackers only. */
async function findListeningPort(child: Child): Promise<number> {
  await child.outputMatching(/data\.bin: /);
  for (;;) {
    for (const table of ['tcp', 'tcp6']) {
      const port = await findInTable(child.pid, table);
      if (port !== null) return port;
    }
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

async function findInTable(pid: number, table: string): Promise<number | null> {
  const { readlink, readdir } = await import('node:fs/promises');
  const links = await Promise.all(
    (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
  );
  const own = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
  for (const row of (await readFile(`/proc/net/${table}`, 'utf8')).split('\n').slice(1)) {
    const columns = row.trim().split(/\s+/);
    if (columns[3] === '0A' && own.has(columns[9])) return Number.parseInt(columns[1].split(':')[1], 16);
  }
  return null;
}
