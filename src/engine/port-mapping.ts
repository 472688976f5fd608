// The client's port, opened on the gateway: one for the process, told to whoever wants to hear. A notice that came when nobody listened is
// told to the first who does, and not twice.

import { PortForwarding, type PortMappingPlaces } from '../net/port-mapping/port-forwarding.js';
import type { PortMappingNotice } from '../net/port-mapping/protocol/port-mapper.js';
import { createRandom } from '../model/random.js';
import { CONFIG } from './config.js';
import { USER_AGENT } from './version.js';

type Listener = (notice: PortMappingNotice) => void;

export class ClientPortMapping {
  readonly #forwarding: PortForwarding;
  readonly #listeners = new Set<Listener>();
  #latest: PortMappingNotice | null = null;
  #isTold = true;

  /** Begins at once. `seed`: of the ports that are tried where ours is taken. */
  constructor(port: number, seed: number, places: PortMappingPlaces) {
    this.#forwarding = new PortForwarding({
      ...places,
      port,
      limits: CONFIG.portMapping,
      userAgent: USER_AGENT,
      random: createRandom(seed),
      onNotice: (notice) => this.#hear(notice),
    });
  }

  /** How it stands; null while it is looked for. */
  get latest(): PortMappingNotice | null {
    return this.#latest;
  }

  /** Answers how to stop listening. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#latest !== null && !this.#isTold) {
      this.#isTold = true;
      listener(this.#latest);
    }
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Gives the port back, in bounded time. Never rejects. */
  async release(): Promise<void> {
    await this.#forwarding.stop(CONFIG.portMapping.releaseMs);
    this.#latest = null;
  }

  #hear(notice: PortMappingNotice): void {
    this.#latest = notice;
    this.#isTold = this.#listeners.size > 0;
    for (const listener of this.#listeners) listener(notice);
  }
}
