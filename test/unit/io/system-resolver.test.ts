import { describe, expect, test } from 'vitest';
import { createNameResolver, type NameWays, parseHosts, systemResolver } from '../../../src/io/system-resolver.js';

test('a hosts file: comments, tabs, several names, in any case', () => {
  expect(parseHosts('# none\n127.0.0.1\tlocalhost  Box.Local # here\n\n::1 localhost\nalone\n')).toEqual([
    { address: '127.0.0.1', names: ['localhost', 'box.local'] },
    { address: '::1', names: ['localhost'] },
  ]);
});

test('localhost is this machine, and a name that nobody has is nobody', async () => {
  expect(await systemResolver.resolve('localhost')).toContain('127.0.0.1');
  expect(await systemResolver.resolve('no-such-host.invalid')).toEqual([]);
});

describe('a name is asked of', () => {
  /** What each way answers, or the code it fails with; `asked` is in the order of the questions. */
  async function ask(answers: Partial<Record<'hosts' | 'v4' | 'v6' | 'library', string[] | string>>) {
    const asked: string[] = [];
    const give = (way: keyof typeof answers): Promise<readonly string[]> => {
      asked.push(way);
      const answer = answers[way] ?? [];
      if (typeof answer !== 'string') return Promise.resolve(answer);
      return Promise.reject(Object.assign(new Error(answer), { code: answer }));
    };
    const ways: NameWays = {
      fromHostsFile: () => give('hosts'),
      fromNameServers: (_, family) => give(family === 4 ? 'v4' : 'v6'),
      fromLibrary: () => give('library'),
    };
    return { found: await createNameResolver(ways).resolve('tracker.example'), asked };
  }

  test('the hosts file alone where it knows the name', async () => {
    expect(await ask({ hosts: ['10.0.0.1'] })).toEqual({ found: ['10.0.0.1'], asked: ['hosts'] });
  });

  test('the name servers for both families; one that has none is no failure', async () => {
    const both = { found: ['192.0.2.1', '2001:db8::1'], asked: ['hosts', 'v4', 'v6'] };
    expect(await ask({ v4: ['192.0.2.1'], v6: ['2001:db8::1'] })).toEqual(both);
    expect((await ask({ v4: ['192.0.2.1'], v6: 'ENODATA' })).found).toEqual(['192.0.2.1']);
    expect((await ask({ v4: 'ETIMEOUT', v6: ['2001:db8::1'] })).found).toEqual(['2001:db8::1']);
  });

  test('the C library where the servers say that they know nothing, and nobody after it', async () => {
    expect(await ask({ v4: 'ENOTFOUND', v6: 'ENOTFOUND', library: ['192.0.2.7'] })).toEqual({
      found: ['192.0.2.7'],
      asked: ['hosts', 'v4', 'v6', 'library'],
    });
    expect((await ask({ v4: 'ENOTFOUND', v6: 'ENOTFOUND', library: 'EAI_AGAIN' })).found).toEqual([]);
  });

  test.each(['ETIMEOUT', 'ECANCELLED'])(
    'nobody else where a server is dead (%s): the end of a run would wait for it',
    async (code) => {
      expect(await ask({ v4: code, v6: 'ENOTFOUND', library: ['192.0.2.7'] })).toEqual({
        found: [],
        asked: ['hosts', 'v4', 'v6'],
      });
      expect((await ask({ v4: 'ENOTFOUND', v6: code })).asked).not.toContain('library');
    },
  );
});
