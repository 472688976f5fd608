import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../../src/cli/program.js';

/** What the command line would do, without doing it: the name of the command that would run, or the error. */
async function run(line: string, before: (program: Command) => void = () => {}): Promise<string> {
  const ran: string[] = [];
  const host = {
    version: '0',
    helpWidth: 80,
    environment: { EFFUSION_NO_CONFIG: '1' },
    writeOut: () => {},
    run: () => {
      ran.push('ran');
      return Promise.resolve();
    },
  };
  const program = createProgram(host);
  before(program);
  try {
    await program.parseAsync(line.split(' '), { from: 'user' });
  } catch (error) {
    if (error instanceof Error && 'detail' in error) {
      return `${error.message}. ${(error.detail as { hint: string }).hint}`;
    }
    throw error;
  }
  return ran.join();
}

const URL = 'http://tracker.example/announce';

describe('options that leave each other without a use are refused, and what to do is said', () => {
  test.each([
    [`download x.torrent --only-peers --peer a:1 --tracker ${URL}`, '--tracker', '--only-peers'],
    ['download x.torrent --only-peers --peer a:1 --port 5', '--port', '--only-peers'],
    ['seed x.torrent --only-peers --peer a:1 --dht-bootstrap a:1', '--dht-bootstrap', '--only-peers'],
    ['download x.torrent --no-listen --port 6881', '--port', '--no-listen'],
    ['seed x.torrent --no-listen -p 6881', '--port', '--no-listen'],
    [`download x.torrent --no-trackers --tracker ${URL}`, '--tracker', '--no-trackers'],
    ['x.torrent --no-dht --dht-bootstrap a:1', '--dht-bootstrap', '--no-dht'],
    ['info x.torrent --proxy socks5h://p:1 --dht-bootstrap a:1', '--dht-bootstrap', '--proxy'],
    ['download x.torrent --webseeds never --webseed http://w.example/', '--webseed', '--webseeds never'],
    ['download x.torrent --seed --webseeds only', '--seed', '--webseeds only'],
    ['--seed=2x x.torrent --seed-time=0', '--seed', '--seed-time 0'],
    ['seed x.torrent --partial --super-seeding', '--super-seeding', '--partial'],
    ['-q -v x.torrent', '--verbose', '--quiet'],
    ['verify x.torrent -q -v', '--verbose', '--quiet'],
  ])('%s', async (line, option, other) => {
    expect(await run(line)).toBe(`${option} has no use with ${other}. Leave out one of them.`);
  });

  test('a time-out of a scrape without a scrape', async () => {
    expect(await run('info x.torrent --timeout 5s')).toMatch(/^--timeout of info is that of --scrape\. Add --scrape/);
    expect(await run('info x.torrent --timeout 5s --scrape')).toBe('ran');
  });

  test('a seed that nobody can ever come to', async () => {
    expect(await run('seed x.torrent --exclude-tracker * --no-dht --no-listen')).toMatch(/leave nobody to serve\. .*--peer/);
    expect(await run('seed x.torrent --exclude-tracker * --no-dht --no-listen --peer a:1')).toBe('ran');
    expect(await run('seed x.torrent --exclude-tracker * --no-listen')).toBe('ran');
    expect(await run('seed x.torrent --exclude-tracker udp:* --no-dht --no-listen')).toBe('ran');
  });
});

test('each of them alone, and what goes together, runs', async () => {
  for (const line of [
    `download x.torrent --tracker ${URL} --port 5 --dht-bootstrap a:1 --webseed http://w.example/ -v`,
    'download x.torrent --no-listen --no-dht --no-trackers --peer a:1 -q',
    `info x.torrent --tracker ${URL} --no-trackers --save y.torrent`,
    'download x.torrent --webseeds never --seed',
    '--seed x.torrent --seed-time 5m --seed-ratio 2',
    'download x.torrent --webseeds only --webseed http://w.example/',
  ]) {
    expect(await run(line), line).toBe('ran');
  }
});

test('what was not typed gives way without a word', async () => {
  const withDefaults = (program: Command): void => {
    const download = program.commands.find((command) => command.name() === 'download');
    download?.setOptionValueWithSource('port', { first: 6881, last: 6881 }, 'config');
    download?.setOptionValueWithSource('dhtBootstrap', [], 'env');
    program.setOptionValueWithSource('verbose', true, 'config');
  };
  expect(await run('download x.torrent -q --no-listen --no-dht', withDefaults)).toBe('ran');
});
