// TCP with a bug in it: dialling throws what it must not. For tests of what a session does when code of ours is wrong.

import { TcpTransport } from '../../src/net/tcp.js';
import type { Transport } from '../../src/net/transport.js';

/** `port`: only dials to it throw; without it all do. `isBroken` is asked at each. */
export function brokenTransport(cause: Error, port?: number, isBroken: () => boolean = () => true): Transport {
  const tcp = new TcpTransport({ receiveBufferBytes: 65_536 });
  return {
    connect: (address, handler) => {
      if (isBroken() && (port === undefined || address.port === port)) throw cause;
      return tcp.connect(address, handler);
    },
    listen: (options, onLink) => tcp.listen(options, onLink),
  };
}
