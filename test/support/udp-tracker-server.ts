// A UDP tracker on loopback (BEP 15, 41), written from the specification and not from our codec, so that tests of that one don't
// agree with its mistakes. It remembers what it was told, loses packets and talks nonsense where it is asked to.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';

/** May be changed while it runs. */
interface UdpTrackerFaults {
  /** So many datagrams from now on are lost on their way to it. */
  lose?: number;
  /** So many announces are, whatever else comes. */
  loseAnnounces?: number;
  /** Answers nothing. */
  isSilent?: boolean;
  /** Before each answer: nonsense from its own address, and a good answer from another one. */
  isNoisy?: boolean;
  /** Connects, and refuses each announce with this. */
  failWith?: string;
}

interface ReceivedAnnounce {
  readonly connectionId: string;
  readonly infoHash: string;
  readonly peerId: string;
  readonly downloaded: number;
  readonly left: number;
  readonly uploaded: number;
  readonly event: number;
  readonly ip: number;
  readonly key: number;
  readonly numwant: number;
  readonly port: number;
  /** Of its options, joined. */
  readonly urlData: string;
}

export class UdpTrackerServer {
  readonly faults: UdpTrackerFaults;
  /** `connect`, `announce`: all that came, also what was lost. */
  readonly received: string[] = [];
  readonly announces: ReceivedAnnounce[] = [];
  /** Distinct ports of ours that it heard from. */
  readonly sources = new Set<number>();
  readonly #socket: Socket;
  readonly #impostor: Socket;
  readonly #host: string;
  /** Connection ids in hexadecimal. */
  readonly #connections = new Set<string>();
  /** By info hash: `host:port` of the peers and what they lack. */
  readonly #swarms = new Map<string, Map<string, number>>();
  #waiting: { test: () => boolean; resolve: () => void }[] = [];

  private constructor(host: string, faults: UdpTrackerFaults) {
    this.#host = host;
    this.faults = faults;
    const type = host.includes(':') ? 'udp6' : 'udp4';
    this.#socket = createSocket(type);
    this.#impostor = createSocket(type);
    this.#socket.on('message', (packet, from) => this.#handle(packet, from));
  }

  /** Ends with the running test. Rejects where the port is taken. */
  static async open(host = '127.0.0.1', faults: UdpTrackerFaults = {}, port = 0): Promise<UdpTrackerServer> {
    const server = new UdpTrackerServer(host, faults);
    for (const socket of [server.#socket, server.#impostor]) {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(socket === server.#socket ? port : 0, host, resolve);
      });
      onTestFinished(() => new Promise<void>((resolve) => socket.close(resolve)));
    }
    return server;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get url(): string {
    return `udp://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.port}/announce?key=1`;
  }

  /** Resolves once it holds, asked after each datagram. */
  until(test: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ test, resolve });
      this.#wake();
    });
  }

  /** As a restart would: the ids it gave out are worth nothing. */
  forgetConnections(): void {
    this.#connections.clear();
  }

  #wake(): void {
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      const isDone = test();
      if (isDone) resolve();
      return !isDone;
    });
  }

  #handle(packet: Buffer, from: RemoteInfo): void {
    this.sources.add(from.port);
    const action = packet.readInt32BE(8);
    this.received.push(['connect', 'announce', 'scrape'][action] ?? 'nonsense');
    const { lose = 0, loseAnnounces = 0, isSilent = false } = this.faults;
    if (lose > 0) this.faults.lose = lose - 1;
    else if (action === 1 && loseAnnounces > 0) this.faults.loseAnnounces = loseAnnounces - 1;
    else if (!isSilent) this.#answer(packet, action, from);
    this.#wake();
  }

  #answer(packet: Buffer, action: number, from: RemoteInfo): void {
    const transaction = packet.subarray(12, 16);
    const answer =
      action === 0
        ? this.#connect(packet, transaction)
        : action === 2
          ? this.#scrape(packet, transaction)
          : this.#announce(packet, transaction, from);
    if (this.faults.isNoisy === true) {
      const wrongTransaction = Buffer.from(answer);
      wrongTransaction[4] ^= 1;
      const wrongAction = Buffer.from(answer);
      wrongAction.writeInt32BE(2, 0);
      const other = Buffer.concat([word(1 - answer.readInt32BE(0)), transaction, Buffer.alloc(20)]);
      const noise = [Buffer.alloc(0), Buffer.from('garbage'), randomBytes(300), answer.subarray(0, 12)];
      for (const bytes of [...noise, wrongTransaction, wrongAction, other]) this.#socket.send(bytes, from.port, from.address);
      this.#impostor.send(Buffer.concat([word(3), transaction, Buffer.from('not me')]), from.port, from.address);
    }
    this.#socket.send(answer, from.port, from.address);
  }

  #connect(packet: Buffer, transaction: Uint8Array): Buffer {
    if (packet.length !== 16 || packet.readBigInt64BE(0) !== 0x41727101980n) return error(transaction, 'not the protocol id');
    const id = randomBytes(8);
    this.#connections.add(id.toString('hex'));
    return Buffer.concat([word(0), transaction, id]);
  }

  #scrape(packet: Buffer, transaction: Uint8Array): Buffer {
    if (!this.#connections.has(packet.subarray(0, 8).toString('hex'))) return error(transaction, 'Connection ID missmatch.');
    if (this.faults.failWith !== undefined) return error(transaction, this.faults.failWith);
    if (packet.length !== 36) return error(transaction, 'one torrent at a time');
    const lefts = [...(this.#swarms.get(packet.subarray(16, 36).toString('hex'))?.values() ?? [])];
    const seeds = lefts.filter((left) => left === 0).length;
    return Buffer.concat([word(2), transaction, word(seeds), word(17), word(lefts.length - seeds)]);
  }

  #announce(packet: Buffer, transaction: Uint8Array, from: RemoteInfo): Buffer {
    const announce = readAnnounce(packet);
    if (!this.#connections.has(announce.connectionId)) return error(transaction, 'Connection ID missmatch.');
    this.announces.push(announce);
    if (this.faults.failWith !== undefined) return error(transaction, this.faults.failWith);
    const swarm = this.#swarms.get(announce.infoHash) ?? new Map<string, number>();
    this.#swarms.set(announce.infoHash, swarm);
    const own = `${from.address} ${announce.port}`;
    const others = [...swarm.keys()].filter((peer) => peer !== own).slice(0, announce.numwant);
    if (announce.event === 3) swarm.delete(own);
    else swarm.set(own, announce.left);
    const seeds = [...swarm.values()].filter((left) => left === 0).length;
    return Buffer.concat([
      word(1),
      transaction,
      word(1800),
      word(swarm.size - seeds),
      word(seeds),
      ...others.map((peer) => compact(peer.split(' ')[0], Number(peer.split(' ')[1]))),
    ]);
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function error(transaction: Uint8Array, message: string): Buffer {
  return Buffer.concat([word(3), transaction, Buffer.from(message)]);
}

/** Loopback addresses are all there are: 127.x.y.z and ::1. */
function compact(host: string, port: number): Buffer {
  const address = host === '::1' ? [...Array<number>(15).fill(0), 1] : host.split('.').map(Number);
  return Buffer.from([...address, Math.floor(port / 256), port % 256]);
}

function readAnnounce(packet: Buffer): ReceivedAnnounce {
  let urlData = '';
  for (let at = 98; at < packet.length;) {
    if (packet[at] !== 2) throw new Error(`option ${packet[at]} is none that we send`);
    urlData += packet.subarray(at + 2, at + 2 + packet[at + 1]).toString('latin1');
    at += 2 + packet[at + 1];
  }
  return {
    connectionId: packet.subarray(0, 8).toString('hex'),
    infoHash: packet.subarray(16, 36).toString('hex'),
    peerId: packet.subarray(36, 56).toString('latin1'),
    downloaded: Number(packet.readBigInt64BE(56)),
    left: Number(packet.readBigInt64BE(64)),
    uploaded: Number(packet.readBigInt64BE(72)),
    event: packet.readInt32BE(80),
    ip: packet.readUInt32BE(84),
    key: packet.readUInt32BE(88),
    numwant: packet.readInt32BE(92),
    port: packet.readUInt16BE(96),
    urlData,
  };
}
