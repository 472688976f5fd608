// Datagrams over real sockets: both families, bytes of our own, errors as values, and an end.

import { createSocket } from 'node:dgram';
import { expect, onTestFinished, test } from 'vitest';
import { UdpError, UdpSocket } from '../../src/io/udp-socket.js';
import { formatAddress, type Address } from '../../src/model/address.js';
import { addressAt } from '../support/scripted-trackers.js';

interface Datagram {
  readonly from: Address;
  readonly bytes: Uint8Array;
}

/** A socket of ours and what comes to it. */
function open(): { socket: UdpSocket; next: () => Promise<Datagram>; heard: Datagram[] } {
  const heard: Datagram[] = [];
  const waiting: ((datagram: Datagram) => void)[] = [];
  const socket = new UdpSocket((from, bytes) => {
    heard.push({ from, bytes });
    waiting.shift()?.({ from, bytes });
  });
  onTestFinished(() => socket.close());
  return { socket, heard, next: () => new Promise((resolve) => waiting.push(resolve)) };
}

function send(socket: UdpSocket, to: Address, bytes: Uint8Array): Promise<UdpError | null> {
  return new Promise((resolve) => socket.send(to, bytes, resolve));
}

/** Sends everything back. */
async function openEcho(host: string): Promise<Address> {
  const echo = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  echo.on('message', (bytes, from) => echo.send(bytes, from.port, from.address));
  await new Promise<void>((resolve) => echo.bind(0, host, resolve));
  onTestFinished(() => new Promise<void>((resolve) => echo.close(resolve)));
  return addressAt(host, echo.address().port);
}

test('goes out and comes back over IPv4 and IPv6, through one door', async () => {
  const { socket, next } = open();
  for (const echo of [await openEcho('127.0.0.1'), await openEcho('::1')]) {
    const answer = next();
    const sent = Uint8Array.of(1, 2, 3);
    expect(await send(socket, echo, sent)).toBeNull();
    const { from, bytes } = await answer;
    expect(formatAddress(from)).toBe(formatAddress(echo));
    expect(bytes).toEqual(sent);
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expect(bytes.buffer.byteLength).toBe(3);
  }
});

test('a datagram that cannot leave is an error of its own, and the next one goes', async () => {
  const { socket, next } = open();
  const echo = await openEcho('127.0.0.1');
  const error = await send(socket, echo, new Uint8Array(70_000));
  expect(error).toBeInstanceOf(UdpError);
  expect(error).toMatchObject({ code: 'failed', detail: { systemCode: 'EMSGSIZE' } });
  const answer = next();
  expect(await send(socket, echo, Uint8Array.of(4))).toBeNull();
  expect((await answer).bytes).toEqual(Uint8Array.of(4));
});

test('after its end it sends nothing, hears nothing and reports nothing', async () => {
  const echo = await openEcho('127.0.0.1');
  const { socket, heard } = open();
  const outcomes: unknown[] = [];
  socket.send(echo, Uint8Array.of(1), (error) => outcomes.push(error));
  socket.close();
  socket.close();
  socket.send(echo, Uint8Array.of(2), (error) => outcomes.push(error));
  // A round trip of another socket: what the closed one had sent would be back by then.
  const other = open();
  const answer = other.next();
  await send(other.socket, echo, Uint8Array.of(3));
  await answer;
  expect([heard, outcomes]).toEqual([[], []]);
});
