// Whether the system has a way to the internet for a family of addresses, and from which address of ours: a UDP socket is connected to an
// address there, which asks the routes and sends nothing.

import { createSocket } from 'node:dgram';
import { addressScope } from '../model/address-scope.js';
import { createAddress } from '../model/address.js';

/** Of the ranges for documentation (RFC 5737, 3849): they go the default way, and nobody is there. */
const SOMEWHERE = { 4: '198.51.100.1', 6: '2001:db8::1' } as const;
const ANY_PORT = 9;

/** Our numeric address; null where there is no way. `localHost`: what the socket is bound to. Never rejects. */
export function routeFrom(family: 4 | 6, localHost?: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    const end = (host: string | null): void => {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.close();
      resolve(host);
    };
    socket.once('error', () => end(null));
    // Of the loopback a way leads anywhere, and nowhere.
    socket.once('connect', () => {
      const { address } = socket.address();
      const own = createAddress(address, ANY_PORT);
      end(own === null || addressScope(own) === 'loopback' ? null : address);
    });
    try {
      if (localHost === undefined) socket.connect(ANY_PORT, SOMEWHERE[family]);
      else socket.bind({ address: localHost, port: 0 }, () => socket.connect(ANY_PORT, SOMEWHERE[family]));
    } catch {
      end(null);
    }
  });
}
