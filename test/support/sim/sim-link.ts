// A connection in virtual time: two ends, each delivering in order what the other sent, after the sender's uplink has carried
// the bytes and the latency has passed. A block's arrival has a start and an end, for much may happen between the two.

import type { PeerKey } from '../../../src/model/ids.js';
import type { PeerFeatures } from '../../../src/wire/handshake.js';
import type { Message } from '../../../src/wire/message.js';
import type { SimNode } from './sim-node.js';
import type { World } from './world.js';

export interface BlockMessage {
  readonly piece: number;
  readonly begin: number;
  readonly bytes: Uint8Array;
}

/** Bytes of a message on the wire, near enough. */
function sizeOf(message: Message): number {
  switch (message.type) {
    case 'bitfield':
      return 5 + message.bytes.length;
    case 'extended':
      return 6 + message.payload.length;
    case 'request':
    case 'cancel':
    case 'reject':
      return 17;
    default:
      return 9;
  }
}

export class SimLink {
  readonly world: World;
  readonly key: PeerKey;
  readonly node: SimNode;
  readonly incoming: boolean;
  readonly features: PeerFeatures;
  readonly latencyMs: number;
  /** The other end; set once, right after both were made. */
  far!: SimLink;
  isOpen = true;
  /** Nothing it receives may overtake what came before. */
  #lastArrival = 0;

  constructor(world: World, node: SimNode, key: PeerKey, incoming: boolean, features: PeerFeatures, latencyMs: number) {
    this.world = world;
    this.node = node;
    this.key = key;
    this.incoming = incoming;
    this.features = features;
    this.latencyMs = latencyMs;
  }

  send(message: Message): void {
    if (!this.isOpen) return;
    const departure = this.node.uplink.carry(this.world.now, sizeOf(message));
    this.far.#deliver(departure + this.latencyMs, () => this.far.node.onMessage(this.far, message));
  }

  /** `onSettled(sent)` comes once: when the uplink has taken the block, or when the connection ended before. */
  sendBlock(block: BlockMessage, onSettled: (sent: boolean) => void): void {
    const { world } = this;
    if (!this.isOpen) {
      world.after(0, () => onSettled(false));
      return;
    }
    const size = 13 + block.bytes.length;
    const departure = this.node.uplink.carry(world.now, size);
    const start = Math.max(world.now, departure - this.node.uplink.durationOf(size)) + this.latencyMs;
    const token = { isWanted: true };
    this.far.#deliver(start, () => this.far.node.onBlockStart(this.far, block, token));
    this.far.#deliver(departure + this.latencyMs, () => this.far.node.onBlockEnd(this.far, block, token));
    world.at(departure, () => onSettled(this.isOpen));
  }

  /** Ends the connection from this side; what was sent still arrives, then the far end hears of it. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.far.#deliver(this.world.now + this.latencyMs, () => this.far.#end('closed-by-peer'));
  }

  /** The connection is lost: both ends notice, what is on the way is gone. */
  sever(): void {
    for (const end of [this, this.far]) {
      if (!end.isOpen) continue;
      end.isOpen = false;
      end.world.after(0, () => end.node.onClosed(end, 'connection-error'));
    }
  }

  #end(reason: 'closed-by-peer'): void {
    this.isOpen = false;
    this.node.onClosed(this, reason);
  }

  #deliver(at: number, run: () => void): void {
    this.#lastArrival = Math.max(this.#lastArrival, at);
    this.world.at(this.#lastArrival, () => {
      if (this.isOpen) run();
    });
  }
}
