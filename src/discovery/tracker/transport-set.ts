// Several transports as one: each announce goes to the one that speaks its scheme. Whoever asks trackers needs to know of
// no kind of them.

import type { AnnounceTransport } from './announce-transport.js';
import { TrackerError } from './protocol/tracker-error.js';
import { schemeOf } from './protocol/tracker-url.js';

/** Where two speak a scheme, the first has it. Announces of a scheme that none speaks reject with `unsupported_scheme`. */
export function joinTransports(...transports: readonly AnnounceTransport[]): AnnounceTransport {
  return {
    schemes: transports.flatMap(({ schemes }) => schemes),
    async announce(call) {
      const scheme = schemeOf(call.url) ?? '';
      const transport = transports.find(({ schemes }) => schemes.includes(scheme));
      if (transport === undefined) throw new TrackerError('unsupported_scheme', `${scheme} is not spoken here`);
      return transport.announce(call);
    },
    close() {
      for (const transport of transports) transport.close?.();
    },
  };
}
