// The one client of a command: opened when it is first needed, and its mapped port given back however the command ends. It is not
// closed: the process ends with the command, and a small download must not wait for that.

import { Client, type ClientOptions } from '../engine/client.js';

export async function withClient<T>(options: ClientOptions, use: (open: () => Promise<Client>) => Promise<T>): Promise<T> {
  const opened: { client?: Promise<Client> } = {};
  try {
    return await use(() => (opened.client ??= Client.open(options)));
  } finally {
    // That it could not be opened is what `use` has ended with.
    const client = await opened.client?.catch(() => null);
    await client?.releasePort();
  }
}
