// The simulated swarm: virtual time, addresses, dialling and a tracker that knows everybody. All chance comes from one seed.

import { addressKey, type Address } from '../../../src/model/address.js';
import { toPeerKey } from '../../../src/model/ids.js';
import { shuffle, type Random } from '../../../src/model/random.js';
import type { DisconnectReason } from '../../../src/session/disconnect-reason.js';
import { intersectFeatures } from '../../../src/wire/handshake.js';
import { EventQueue } from './event-queue.js';
import { SimLink } from './sim-link.js';
import type { SimNode } from './sim-node.js';

/** Ports of the far end of an incoming connection: they mean nothing. */
const FIRST_EPHEMERAL_PORT = 40_000;

export class World {
  readonly random: Random;
  readonly #queue = new EventQueue();
  readonly #nodes = new Map<string, SimNode>();
  readonly #strays: Address[] = [];
  now = 0;
  /** Mean life of a connection until the network loses it; 0: none is lost. */
  lossMs = 0;
  eventCount = 0;
  #serial = 1;
  #ephemeral = FIRST_EPHEMERAL_PORT;

  constructor(random: Random) {
    this.random = random;
  }

  add(node: SimNode): void {
    this.#nodes.set(addressKey(node.address), node);
  }

  /** An address the tracker names and nobody listens at. */
  addStray(address: Address): void {
    this.#strays.push(address);
  }

  nodeAt(address: Address): SimNode | undefined {
    return this.#nodes.get(addressKey(address));
  }

  at(time: number, run: () => void): void {
    this.#queue.push(Math.max(time, this.now), run);
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.now + delayMs, run);
  }

  /** Runs until `isDone` or until virtual time is up; true where it was done. May be called again: what comes later is kept. */
  run(untilMs: number, isDone: () => boolean): boolean {
    while (!isDone()) {
      const next = this.#queue.nextAt > untilMs ? undefined : this.#queue.pop();
      if (next === undefined) {
        this.now = Math.max(this.now, untilMs);
        return false;
      }
      this.now = next.at;
      this.eventCount++;
      next.run();
    }
    return true;
  }

  /** What the tracker answers: everybody, in any order, itself included now and then, as trackers do. */
  announce(node: SimNode, onAnswer: (addresses: Address[]) => void): void {
    const others = [...this.#nodes.values()].filter((other) => other !== node || this.random.next() < 0.3);
    const addresses = [...others.map((other) => other.address), ...this.#strays];
    this.after(20 + this.random.below(200), () => onAnswer(shuffle(addresses, this.random)));
  }

  /** Dials; both handshakes pass, then both ends have a link. What fails is told to the caller. */
  dial(from: SimNode, address: Address, isEncrypted: boolean, onFailed: (reason: DisconnectReason) => void): void {
    const target = this.nodeAt(address);
    if (target === undefined) {
      const isDark = this.random.next() < 0.3;
      this.after(isDark ? 10_000 : 50, () => onFailed(isDark ? 'connect-timeout' : 'refused'));
      return;
    }
    const latencyMs = from.latencyMs + target.latencyMs;
    this.after(3 * latencyMs, () => {
      if (!target.isListening || !from.isUp) {
        this.after(latencyMs, () => onFailed('refused'));
        return;
      }
      if (target.encryption === (isEncrypted ? 'off' : 'require')) {
        this.after(latencyMs, () => onFailed('closed-in-handshake'));
        return;
      }
      const features = intersectFeatures(from.features, target.features);
      const near = new SimLink(this, from, toPeerKey(this.#serial++), false, features, latencyMs);
      const far = new SimLink(this, target, toPeerKey(this.#serial++), true, features, latencyMs);
      near.far = far;
      far.far = near;
      if (this.lossMs > 0 && this.random.next() < 0.5) this.after(this.random.below(2 * this.lossMs), () => near.sever());
      target.onConnected(far);
      // The dialler reads the answer one way later: until then nothing may reach it.
      this.after(latencyMs, () => {
        if (near.isOpen) from.onConnected(near);
        else onFailed('closed-in-handshake');
      });
    });
  }

  nextEphemeralPort(): number {
    this.#ephemeral = this.#ephemeral >= 65_535 ? FIRST_EPHEMERAL_PORT : this.#ephemeral + 1;
    return this.#ephemeral;
  }
}
