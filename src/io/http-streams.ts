// The connections behind a row of streamed GETs (http-stream.ts): one is kept from each request to the next, so that a web seed's
// many ranges cost one handshake.

import type { Agent } from 'node:http';
import { HttpStream, type HttpStreamHandler, type HttpStreamRequest } from './http-stream.js';

/** The connections of one link of a web seed: one request at a time. */
export class HttpStreams {
  readonly #agents = new Map<string, Agent>();
  #isClosed = false;

  /** `handler` hears of it later, never from within this call. */
  get(request: HttpStreamRequest, handler: HttpStreamHandler): HttpStream {
    return new HttpStream(request, handler, (protocol) => this.#agentFor(protocol));
  }

  /** Closes what is kept; requests under way go on. */
  close(): void {
    this.#isClosed = true;
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  async #agentFor(protocol: string): Promise<Agent> {
    const { Agent: Kind } = protocol === 'https:' ? await import('node:https') : await import('node:http');
    let agent = this.#agents.get(protocol);
    if (agent === undefined) {
      agent = new Kind({ keepAlive: !this.#isClosed, maxFreeSockets: 1 });
      this.#agents.set(protocol, agent);
    }
    return agent;
  }
}
