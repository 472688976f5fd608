// What became of `--portmap`, in a line: where others reach us, or why not. One line for a failure too, since the download goes on
// without it.

import type { PortMappingNotice } from '../../engine/client.js';
import { sanitise } from './sanitise.js';

/** `203.0.113.5:6881`, where others are to be reached by us from everywhere; null where that is not known to be so. */
export function reachableAddress(notice: PortMappingNotice | null): string | null {
  if (notice?.type !== 'port-mapped' || !notice.isPublic) return null;
  const { externalHost, tcpPort } = notice.mapping;
  if (externalHost === null) return null;
  return externalHost.includes(':') ? `[${externalHost}]:${tcpPort}` : `${externalHost}:${tcpPort}`;
}

export function describePortMapping(notice: PortMappingNotice): string {
  const { port } = notice;
  if (notice.type === 'port-not-mapped') {
    const reasons = notice.reasons.map(({ protocol, reason }) => `${protocol}: ${sanitise(reason)}`);
    return `port ${port} could not be mapped, peers may not reach it: ${reasons.join('; ')}`;
  }
  const { protocol, mapping, isPublic } = notice;
  const kinds = mapping.udpPort === null ? ', TCP alone' : '';
  const address = reachableAddress(notice);
  if (address !== null) return `port ${port} is reachable as ${address} by ${protocol}${kinds}`;
  const at = `port ${port} is mapped to port ${mapping.tcpPort} of the gateway by ${protocol}${kinds}`;
  return isPublic ? at : `${at}, whose own address ${mapping.externalHost} is not public: another gateway keeps peers out`;
}
