// How datagrams leave and come: a socket of our own (`udp-socket.ts`), or a proxy that carries them (`proxy/socks5-datagrams.ts`). Who speaks
// a protocol over UDP knows this interface alone, so that nothing leaves around a proxy by mistake.

import type { Address } from '../model/address.js';
import type { DatagramListener, UdpError } from './udp-socket.js';

export interface Datagrams {
  /** `onSettled` is called once, later: with null when the datagram left. Not after `close`. It must not throw. */
  send(to: Address, bytes: Uint8Array, onSettled: (error: UdpError | null) => void): void;
  /** Nothing is heard any more. Repeated calls do nothing. */
  close(): void;
}

export type OpenDatagrams = (onDatagram: DatagramListener) => Datagrams;
