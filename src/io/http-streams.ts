// The connections behind a row of streamed GETs (http-stream.ts): that of the server, and of one that redirects to it, is kept from
// each request to the next for a moment, so that a web seed's many ranges cost one handshake. No more, wherever it leads us.

import type { Agent } from 'node:http';
import { HttpStream, type HttpStreamHandler, type HttpStreamRequest, type HttpWay } from './http-stream.js';

/** That are kept. */
const MAX_IDLE = 2;
/** So long. */
const IDLE_MS = 5000;

/** The connections of one link of a web seed: one request at a time. */
export class HttpStreams {
  readonly #way: HttpWay;
  readonly #agents = new Map<string, Agent>();
  #isClosed = false;

  constructor(way: HttpWay = {}) {
    this.#way = way;
  }

  /** `handler` hears of it later, never from within this call. */
  get(request: HttpStreamRequest, handler: HttpStreamHandler): HttpStream {
    return new HttpStream(request, handler, (protocol) => this.#agentFor(protocol), this.#way);
  }

  /** Closes what is kept; requests under way go on. */
  close(): void {
    this.#isClosed = true;
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  /** A server that redirects to ever new ones would have us keep a connection to each. */
  #closeOldest(): void {
    const idle = [...this.#agents.values()].flatMap((agent) =>
      Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []),
    );
    for (const socket of idle.slice(0, -MAX_IDLE)) socket.destroy();
  }

  async #agentFor(protocol: string): Promise<Agent> {
    const { Agent: Kind } = protocol === 'https:' ? await import('node:https') : await import('node:http');
    let agent = this.#agents.get(protocol);
    if (agent === undefined) {
      agent = new Kind({ keepAlive: !this.#isClosed, maxFreeSockets: 1, timeout: IDLE_MS });
      this.#agents.set(protocol, agent);
    }
    this.#closeOldest();
    return agent;
  }
}
