// The transport of a seeder whose connections are faulty. Encryption is undone here and not by the seeder's client, which has it off:
// so that the faults are done to messages, whichever way a peer comes.

import { randomBytes } from 'node:crypto';
import type { Address } from '../model/address.js';
import { equalBytes } from '../model/ids.js';
import { createRandom } from '../model/random.js';
import { MseLink } from '../net/mse-link.js';
import { TcpTransport } from '../net/tcp.js';
import type { ConnectHandler, Link, LinkServer, ListenOptions, PendingConnect, Transport } from '../net/transport.js';
import { torrentMark } from '../wire/mse/mse-keys.js';
import { FaultyLink } from './faulty-link.js';
import { OutgoingFaults } from './outgoing-faults.js';
import type { WireFaults } from './wire-faults.js';

const RECEIVE_BUFFER_BYTES = 65_536;

export interface FaultyTransportOptions {
  readonly faults: WireFaults;
  /** 20 bytes: the one torrent that is served by it. */
  readonly infoHash: Uint8Array;
  /** Of the chance of all its connections, in the order in which they come. */
  readonly seed: number;
}

export class FaultyTransport implements Transport {
  readonly #options: FaultyTransportOptions;
  readonly #transport: Transport = new TcpTransport({ receiveBufferBytes: RECEIVE_BUFFER_BYTES });
  readonly #mark: Uint8Array;
  #connections = 0;
  #withheldBytes = 0;

  constructor(options: FaultyTransportOptions) {
    this.#options = options;
    this.#mark = torrentMark(options.infoHash);
  }

  /** Payload that its client believes to have sent. */
  get withheldBytes(): number {
    return this.#withheldBytes;
  }

  connect(address: Address, handler: ConnectHandler): PendingConnect {
    return this.#transport.connect(address, { ...handler, onOpen: (link) => handler.onOpen(this.#wrap(link)) });
  }

  listen(options: ListenOptions, onLink: (link: Link) => void): Promise<LinkServer> {
    return this.#transport.listen(options, (link) => onLink(this.#wrap(this.#decrypted(link))));
  }

  #decrypted(link: Link): Link {
    return MseLink.accepted(link, {
      policy: 'prefer',
      randomBytes: (count) => new Uint8Array(randomBytes(count)),
      findTorrent: (mark) => (equalBytes(mark, this.#mark) ? this.#options.infoHash : null),
    });
  }

  #wrap(link: Link): Link {
    const { faults, seed } = this.#options;
    const random = createRandom(seed + this.#connections++);
    const onWithheld = (payloadBytes: number): void => {
      this.#withheldBytes += payloadBytes;
    };
    return new FaultyLink(link, new OutgoingFaults(faults, random, onWithheld), faults.chokeShare ?? 0);
  }
}
