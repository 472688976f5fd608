// A gateway on loopback that speaks NAT-PMP (RFC 6886) and PCP (RFC 6887), written from the documents and not from our codecs, so that tests
// don't agree with their mistakes. It keeps what it was asked to map, loses datagrams and refuses where it is asked to.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { onTestFinished } from 'vitest';
import { createAddress, type Address } from '../../src/model/address.js';

interface FakeGatewayOptions {
  readonly speaks: 'NAT-PMP' | 'PCP' | 'both' | 'nothing';
  /** So many datagrams from now on are lost. */
  lose?: number;
  /** Result code of each mapping. */
  refuseWith?: number;
  /** For `udp` and `tcp` alike. */
  readonly externalPort?: number;
}

const EXTERNAL = [203, 0, 113, 5];

export class FakeGateway {
  readonly options: FakeGatewayOptions;
  /** `tcp 6881` → seconds of its lease. */
  readonly mappings = new Map<string, number>();
  /** `NAT-PMP probe`, `PCP tcp 3600`, … as they came, lost ones included. */
  readonly received: string[] = [];
  readonly #socket: Socket = createSocket('udp4');
  /** PCP: who made the mapping may change it. */
  readonly #nonces = new Map<string, string>();

  private constructor(options: FakeGatewayOptions) {
    this.options = options;
    this.#socket.on('message', (packet, from) => this.#handle(packet, from));
  }

  /** Ends with the running test. */
  static async open(options: FakeGatewayOptions): Promise<FakeGateway> {
    const gateway = new FakeGateway(options);
    await new Promise<void>((resolve) => gateway.#socket.bind(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => gateway.#socket.close(() => resolve())));
    return gateway;
  }

  /** Resolves with the next datagram. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('message', () => resolve());
    });
  }

  get address(): Address {
    return createAddress('127.0.0.1', this.#socket.address().port) as Address;
  }

  #handle(packet: Buffer, from: RemoteInfo): void {
    const { speaks } = this.options;
    const protocol = packet[0] === 0 ? 'NAT-PMP' : 'PCP';
    const answer = protocol === 'NAT-PMP' ? this.#answerNatPmp(packet) : this.#answerPcp(packet, from);
    if ((this.options.lose ?? 0) > 0) {
      this.options.lose = (this.options.lose ?? 0) - 1;
      return;
    }
    if (speaks === 'nothing') return;
    // Another version than the one that is spoken: RFC 6886, section 3.5; PCP alone is silent to NAT-PMP here.
    if (speaks === 'NAT-PMP' && protocol === 'PCP') this.#send(Buffer.from([0, 128, 0, 1, 0, 0, 0, 9]), from);
    else if (speaks !== 'PCP' || protocol === 'PCP') this.#send(answer, from);
  }

  #send(answer: Buffer | null, from: RemoteInfo): void {
    if (answer !== null) this.#socket.send(answer, from.port, from.address);
  }

  /** Of all that would have been answered, the mappings are made. */
  #map(kind: string, port: number, lifetime: number, protocol: string): number {
    const isHeard = (this.options.lose ?? 0) === 0 && [protocol, 'both'].includes(this.options.speaks);
    if (!isHeard || this.options.refuseWith !== undefined) return this.options.refuseWith ?? 0;
    if (lifetime === 0) this.mappings.delete(`${kind} ${port}`);
    else this.mappings.set(`${kind} ${port}`, lifetime);
    return 0;
  }

  #answerNatPmp(packet: Buffer): Buffer | null {
    const op = packet[1];
    if (op === 0) {
      this.received.push('NAT-PMP probe');
      return Buffer.from([0, 128, 0, 0, 0, 0, 0, 9, ...EXTERNAL]);
    }
    const kind = op === 2 ? 'tcp' : 'udp';
    const port = packet.readUInt16BE(4);
    const lifetime = packet.readUInt32BE(8);
    this.received.push(`NAT-PMP ${kind} ${lifetime}`);
    const result = this.#map(kind, port, lifetime, 'NAT-PMP');
    const answer = Buffer.alloc(16);
    answer.set([0, 128 + op, 0, result]);
    answer.writeUInt32BE(9, 4);
    answer.writeUInt16BE(port, 8);
    answer.writeUInt16BE(lifetime === 0 ? 0 : (this.options.externalPort ?? packet.readUInt16BE(6)), 10);
    answer.writeUInt32BE(lifetime, 12);
    return answer;
  }

  #answerPcp(packet: Buffer, from: RemoteInfo): Buffer | null {
    const op = packet[1];
    const answer = Buffer.alloc(packet.length);
    packet.copy(answer, 24, 24);
    answer.set([2, 128 + op]);
    packet.copy(answer, 4, 4, 8);
    answer.writeUInt32BE(9, 8);
    const client = [...packet.subarray(20, 24)].join('.');
    // RFC 6887, section 8.1: a difference means that there is another translator on the way.
    if (client !== from.address || packet.readUInt16BE(18) !== 0xffff) answer[3] = 12;
    if (op === 0) {
      this.received.push('PCP probe');
      return answer;
    }
    const kind = packet[36] === 6 ? 'tcp' : 'udp';
    const port = packet.readUInt16BE(40);
    const lifetime = packet.readUInt32BE(4);
    const nonce = packet.toString('hex', 24, 36);
    this.received.push(`PCP ${kind} ${lifetime}`);
    const key = `${kind} ${port}`;
    if ((this.#nonces.get(key) ?? nonce) !== nonce) answer[3] = 2;
    else if (answer[3] === 0) {
      this.#nonces.set(key, nonce);
      answer[3] = this.#map(kind, port, lifetime, 'PCP');
      answer.writeUInt16BE(this.options.externalPort ?? port, 42);
      answer.set([...Array<number>(10).fill(0), 0xff, 0xff, ...EXTERNAL], 44);
    }
    return answer;
  }
}
