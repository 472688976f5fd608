// A seeder driven by hand: a library user that keeps a peer's connection itself and hands every message to the session. It
// answers what the session sends through `handleMessage`, one message after the other.

import { createHash } from 'node:crypto';
import type { SessionServer } from '../../src/engine/session-server.js';
import { Bitfield } from '../../src/model/bitfield.js';
import type { PeerId } from '../../src/model/ids.js';
import type { BlockRange, Message } from '../../src/wire/message.js';
import type { StoredTorrent } from './stored-torrent.js';

export function peerIdOf(name: string): PeerId {
  return new Uint8Array(createHash('sha1').update(name).digest());
}

export class HandSeeder {
  readonly peerId: PeerId;
  readonly address: { host: string; port: number };
  /** Everything the session sent, in order. */
  readonly received: Message[] = [];
  /** What became of each message handed in. */
  readonly answers: Promise<void>[] = [];
  endedBy: string | null = null;
  /** False: requests are only recorded. */
  answersRequests = true;
  readonly #server: SessionServer;
  readonly #torrent: StoredTorrent;
  #waiting: (() => void)[] = [];

  constructor(server: SessionServer, torrent: StoredTorrent, name: string, port = 5000) {
    this.#server = server;
    this.#torrent = torrent;
    this.peerId = peerIdOf(name);
    this.address = { host: '127.0.0.1', port };
  }

  register(): void {
    this.#server.registerConnection(
      this.peerId,
      this.address,
      (message) => this.#handle(message),
      (reason) => {
        this.endedBy = reason;
        this.#happened();
      },
    );
  }

  /** Says that it has everything and lets the session ask. */
  async offer(): Promise<void> {
    const bytes = Bitfield.full(this.#torrent.metainfo.geometry.pieceCount).toBytes();
    await this.say({ type: 'bitfield', bytes });
    await this.say({ type: 'unchoke' });
  }

  say(message: Message): Promise<void> {
    const answer = this.#server.handleMessage(this.peerId, message);
    this.answers.push(answer);
    // Whoever cares awaits it.
    answer.catch(() => undefined);
    return answer;
  }

  sayBlock({ piece, begin, length }: BlockRange): Promise<void> {
    const block = this.#torrent.pieceBytes(piece).slice(begin, begin + length);
    return this.say({ type: 'piece', piece, begin, block });
  }

  requests(): BlockRange[] {
    return this.received.filter((message) => message.type === 'request');
  }

  async until(test: () => boolean): Promise<void> {
    while (!test()) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  #handle(message: Message): void {
    this.received.push(message);
    if (message.type === 'request' && this.answersRequests) void this.sayBlock(message);
    this.#happened();
  }

  #happened(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
