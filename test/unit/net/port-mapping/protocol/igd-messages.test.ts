import { describe, expect, test } from 'vitest';
import {
  decodeDescription,
  decodeSoapAnswer,
  encodeAddCall,
  encodeDeleteCall,
} from '../../../../../src/net/port-mapping/protocol/igd-messages.js';
import { scanXml } from '../../../../../src/net/port-mapping/protocol/xml-scan.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const IP1 = 'urn:schemas-upnp-org:service:WANIPConnection:1';
const IP2 = 'urn:schemas-upnp-org:service:WANIPConnection:2';
const PPP = 'urn:schemas-upnp-org:service:WANPPPConnection:1';
const service = (type: string, url: string): string =>
  `<service>\n <serviceType>${type}</serviceType><serviceId>x</serviceId><SCPDURL>/scpd</SCPDURL><controlURL> ${url} </controlURL></service>`;

describe('a description', () => {
  test('its services that map ports, the best first, with their URLs as they stand', () => {
    const xml =
      `<?xml version="1.0"?><!DOCTYPE root [<!ENTITY a "b">]><root xmlns="urn:x"><URLBase>http://192.168.1.1:80/</URLBase><device>` +
      `<friendlyName>A &lt;box&gt; <b/> of &amp;</friendlyName><!-- <service> --><serviceList>${service('urn:x:Layer3Forwarding:1', '/l3')}</serviceList>` +
      `<deviceList><device><serviceList>${service(PPP, '/ppp?a=1&amp;b=2')}${service(IP1, '/ip')}${service(IP2, '')}</serviceList></device></deviceList></device></root>`;
    expect(decodeDescription(encode(xml))).toEqual({
      baseUrl: 'http://192.168.1.1:80/',
      services: [
        { type: IP1, controlUrl: '/ip' },
        { type: PPP, controlUrl: '/ppp?a=1&b=2' },
      ],
    });
  });

  test('has no more of them than anybody needs', () => {
    const { services } = decodeDescription(encode(service(IP1, '/a').repeat(500)));
    expect(services).toHaveLength(4);
  });

  test.each(['', 'hello', '<service>', `<service><serviceType>${IP1}</serviceType>`, '<a', '<![CDATA[', '<!--'])(
    'nothing: %s',
    (xml) => expect(decodeDescription(encode(xml))).toEqual({ baseUrl: null, services: [] }),
  );
});

test('the calls', () => {
  const call = encodeAddCall(IP1, {
    kind: 'tcp',
    externalPort: 7000,
    internalPort: 6881,
    internalHost: '192.168.1.7',
    leaseS: 3600,
  });
  expect(call).toMatchObject({ serviceType: IP1, action: 'AddPortMapping' });
  expect(call.body).toContain(
    `<s:Body><u:AddPortMapping xmlns:u="${IP1}"><NewRemoteHost></NewRemoteHost><NewExternalPort>7000</NewExternalPort>` +
      '<NewProtocol>TCP</NewProtocol><NewInternalPort>6881</NewInternalPort><NewInternalClient>192.168.1.7</NewInternalClient>' +
      '<NewEnabled>1</NewEnabled><NewPortMappingDescription>effusion</NewPortMappingDescription>' +
      '<NewLeaseDuration>3600</NewLeaseDuration></u:AddPortMapping></s:Body>',
  );
  expect(encodeDeleteCall(IP2, 'udp', 7000).body).toContain(
    '<NewRemoteHost></NewRemoteHost><NewExternalPort>7000</NewExternalPort><NewProtocol>UDP</NewProtocol></u:DeletePortMapping>',
  );
});

describe('an answer', () => {
  const envelope = (inner: string): Uint8Array =>
    encode(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${inner}</s:Body></s:Envelope>`);
  const address = (text: string): Uint8Array =>
    envelope(
      `<u:GetExternalIPAddressResponse><NewExternalIPAddress>${text}</NewExternalIPAddress></u:GetExternalIPAddressResponse>`,
    );
  const fault =
    '<s:Fault><faultcode>s:Client</faultcode><detail><UPnPError><errorCode>718</errorCode><errorDescription>ConflictInMappingEntry</errorDescription></UPnPError></detail></s:Fault>';

  test.each([
    ['an address', 200, address(' 203.0.113.5\n'), { isOk: true, errorCode: null, externalHost: '203.0.113.5' }],
    ['in CDATA', 200, address('<![CDATA[203.0.113.5]]>'), { isOk: true, errorCode: null, externalHost: '203.0.113.5' }],
    ['none', 200, address(''), { isOk: true, errorCode: null, externalHost: null }],
    ['unspecified', 200, address('0.0.0.0'), { isOk: true, errorCode: null, externalHost: null }],
    ['nonsense', 200, address('\u001B[31m'), { isOk: true, errorCode: null, externalHost: null }],
    ['a refusal', 500, envelope(fault), { isOk: false, errorCode: 718, externalHost: null }],
    ['a refusal with the wrong status', 200, envelope(fault), { isOk: false, errorCode: 718, externalHost: null }],
    ['a refusal without a code', 200, envelope('<s:Fault/>'), { isOk: false, errorCode: null, externalHost: null }],
    ['another status', 404, encode('<html>'), { isOk: false, errorCode: null, externalHost: null }],
    ['empty', 200, encode(''), { isOk: true, errorCode: null, externalHost: null }],
  ])('%s', (_name, status, body, expected) => expect(decodeSoapAnswer(status, body)).toEqual(expected));
});

test('the scanner tells elements, texts of leaves, and nothing of comments', () => {
  const events = [...scanXml('<?x?><a:b c="d"><e>1&#50;&#x33;&nope;<!-- no --></e><f/>text</a:b><g')].map(
    (event) => `${event.type} ${event.name}${event.type === 'text' ? ` ${event.text}` : ''}`,
  );
  expect(events).toEqual(['open b', 'open e', 'text e 123&nope;', 'close e', 'open f', 'close f', 'close b']);
});
