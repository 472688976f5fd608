// The places for connections: one count for all torrents of a client.

import { expect, test } from 'vitest';
import { Client } from '../../../src/engine/client.js';
import { createAddress } from '../../../src/model/address.js';
import type { Transport } from '../../../src/net/transport.js';

const ADDRESS = createAddress('192.0.2.1', 6881);

test('a dial takes a place for as long as it lasts, and is refused where there is none', async () => {
  let dials = 0;
  const transport: Transport = {
    connect: () => {
      dials++;
      return { cancel: () => undefined };
    },
    listen: () => Promise.reject(new Error('nobody listens here')),
  };
  const client = await Client.open({ listen: false, transport });
  if (ADDRESS === null) throw new Error('no address');
  for (let taken = 1; taken < client.maxConnections; taken++) client.takePlace();
  const giveUp = new AbortController();
  const first = client.dial(ADDRESS, giveUp.signal);
  expect(await client.dial(ADDRESS, giveUp.signal)).toMatchObject({ ok: false, reason: 'out-of-descriptors' });
  expect(client.takePlace()).toBe(false);
  expect(dials).toBe(1);
  giveUp.abort();
  expect(await first).toMatchObject({ ok: false, reason: 'stopping' });
  expect(client.takePlace()).toBe(true);
  expect(client.takePlace()).toBe(false);
  client.leavePlace();
  await client.close();
});

test('an unknown kind of encryption is refused before anything is opened', async () => {
  const options = { encryption: 'forced' as 'require' };
  await expect(Client.open(options)).rejects.toMatchObject({
    code: 'invalid_argument',
    detail: { argument: 'options.encryption' },
  });
});
