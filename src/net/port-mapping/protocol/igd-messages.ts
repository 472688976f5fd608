// What is said to a gateway by UPnP (Internet Gateway Device, services WANIPConnection:1 and :2 and WANPPPConnection:1): which of its
// services can map ports, the SOAP calls to them, and what is of interest in the answers.

import { createAddress } from '../../../model/address.js';
import type { PortKind, SoapCall } from './mapping-terms.js';
import { scanXml } from './xml-scan.js';

/** The best first. */
const SERVICE_TYPES = [
  'urn:schemas-upnp-org:service:WANIPConnection:2',
  'urn:schemas-upnp-org:service:WANIPConnection:1',
  'urn:schemas-upnp-org:service:WANPPPConnection:1',
];
const MAX_SERVICES = 4;

/** Error codes of the two services. */
export const IGD_ERRORS = {
  wildcardNotPermitted: 715,
  conflict: 718,
  samePortRequired: 724,
  onlyPermanentLeases: 725,
  conflictWithOther: 729,
} as const;

export interface IgdService {
  readonly type: string;
  /** As the description has it: relative, or not. */
  readonly controlUrl: string;
}

export interface IgdDescription {
  /** What its URLs are relative to; null: the description's own URL. */
  readonly baseUrl: string | null;
  readonly services: readonly IgdService[];
}

export function decodeDescription(body: Uint8Array): IgdDescription {
  let baseUrl: string | null = null;
  const services: IgdService[] = [];
  let type = '';
  let controlUrl = '';
  for (const event of scanXml(new TextDecoder().decode(body))) {
    if (event.type === 'open' && event.name === 'service') {
      type = '';
      controlUrl = '';
    } else if (event.type === 'text') {
      if (event.name === 'serviceType') type = event.text;
      else if (event.name === 'controlURL') controlUrl = event.text;
      else if (event.name === 'URLBase' && event.text !== '') baseUrl = event.text;
    } else if (event.type === 'close' && event.name === 'service') {
      const isKnown = SERVICE_TYPES.includes(type) && controlUrl !== '';
      if (isKnown && services.length < MAX_SERVICES) services.push({ type, controlUrl });
    }
  }
  services.sort((a, b) => SERVICE_TYPES.indexOf(a.type) - SERVICE_TYPES.indexOf(b.type));
  return { baseUrl, services };
}

export interface MappingCall {
  readonly kind: PortKind;
  readonly externalPort: number;
  readonly internalPort: number;
  /** Ours, numeric. */
  readonly internalHost: string;
  /** Seconds; 0: until it is deleted. */
  readonly leaseS: number;
}

export function encodeAddressCall(serviceType: string): SoapCall {
  return encodeCall(serviceType, 'GetExternalIPAddress', []);
}

export function encodeAddCall(serviceType: string, mapping: MappingCall): SoapCall {
  const { kind, externalPort, internalPort, internalHost, leaseS } = mapping;
  return encodeCall(serviceType, 'AddPortMapping', [
    ['NewRemoteHost', ''],
    ['NewExternalPort', String(externalPort)],
    ['NewProtocol', kind.toUpperCase()],
    ['NewInternalPort', String(internalPort)],
    ['NewInternalClient', internalHost],
    ['NewEnabled', '1'],
    ['NewPortMappingDescription', 'effusion'],
    ['NewLeaseDuration', String(leaseS)],
  ]);
}

export function encodeDeleteCall(serviceType: string, kind: PortKind, externalPort: number): SoapCall {
  return encodeCall(serviceType, 'DeletePortMapping', [
    ['NewRemoteHost', ''],
    ['NewExternalPort', String(externalPort)],
    ['NewProtocol', kind.toUpperCase()],
  ]);
}

/** Nothing in it comes from outside: there is nothing to escape. */
function encodeCall(serviceType: string, action: string, parameters: readonly (readonly [string, string])[]): SoapCall {
  const inner = parameters.map(([name, value]) => `<${name}>${value}</${name}>`).join('');
  const body =
    '<?xml version="1.0"?>\r\n' +
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">' +
    `<s:Body><u:${action} xmlns:u="${serviceType}">${inner}</u:${action}></s:Body></s:Envelope>\r\n`;
  return { serviceType, action, body };
}

export interface SoapAnswer {
  readonly isOk: boolean;
  /** Of a refusal; null where it has none. */
  readonly errorCode: number | null;
  /** Numeric, canonical; null where there is none, or it is unspecified. */
  readonly externalHost: string | null;
}

export function decodeSoapAnswer(status: number, body: Uint8Array): SoapAnswer {
  let errorCode: number | null = null;
  let externalHost: string | null = null;
  let isFault = false;
  for (const event of scanXml(new TextDecoder().decode(body))) {
    if (event.type === 'open' && event.name === 'Fault') isFault = true;
    if (event.type !== 'text') continue;
    if (event.name === 'errorCode' && /^[0-9]{1,5}$/.test(event.text)) errorCode = Number(event.text);
    if (event.name === 'NewExternalIPAddress') externalHost = createAddress(event.text, 1)?.host ?? null;
  }
  if (externalHost === '0.0.0.0' || externalHost === '::') externalHost = null;
  return { isOk: status === 200 && !isFault && errorCode === null, errorCode, externalHost };
}
