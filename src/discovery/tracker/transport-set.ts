// Several transports as one: each announce goes to the one that speaks its scheme. Whoever asks trackers needs to know of
// no kind of them.

import type { AnnounceTransport } from './announce-transport.js';
import { TrackerError } from './protocol/tracker-error.js';
import { schemeOf } from './protocol/tracker-url.js';

/** Where two speak a scheme, the first has it. Announces of a scheme that none speaks reject with `unsupported_scheme`. */
export function joinTransports(...transports: readonly AnnounceTransport[]): AnnounceTransport {
  const find = (url: string): AnnounceTransport => {
    const scheme = schemeOf(url);
    const transport = transports.find(({ schemes }) => scheme !== null && schemes.includes(scheme));
    if (transport !== undefined) return transport;
    throw new TrackerError(
      'unsupported_scheme',
      scheme === null ? 'not the address of a tracker' : `${scheme} is not spoken here`,
    );
  };
  return {
    schemes: transports.flatMap(({ schemes }) => schemes),
    async announce(call) {
      return find(call.url).announce(call);
    },
    async scrape(call) {
      const transport = find(call.url);
      if (transport.scrape === undefined) throw new TrackerError('no_scrape', 'does not support scrape');
      return transport.scrape(call);
    },
    close() {
      for (const transport of transports) transport.close?.();
    },
  };
}
