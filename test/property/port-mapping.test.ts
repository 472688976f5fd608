// Whatever comes from the local network, each parser of port mapping answers a bounded value or nothing, and each machine goes on: it never
// throws, ends in time, and asks nobody but the host that answered it.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAddress } from '../../src/model/address.js';
import { createRandom } from '../../src/model/random.js';
import type { GatewayCodec } from '../../src/net/port-mapping/protocol/gateway-codec.js';
import { GatewayMethod } from '../../src/net/port-mapping/protocol/gateway-method.js';
import { decodeDescription, decodeSoapAnswer } from '../../src/net/port-mapping/protocol/igd-messages.js';
import type { MappingMethod, MethodAction, MethodEvent } from '../../src/net/port-mapping/protocol/mapping-terms.js';
import { NAT_PMP } from '../../src/net/port-mapping/protocol/nat-pmp-codec.js';
import { createPcpCodec } from '../../src/net/port-mapping/protocol/pcp-codec.js';
import { parseDefaultGateway } from '../../src/net/port-mapping/protocol/route-table.js';
import { decodeSearchAnswer, localUrl } from '../../src/net/port-mapping/protocol/ssdp.js';
import { UpnpMethod } from '../../src/net/port-mapping/protocol/upnp-method.js';
import { scanXml } from '../../src/net/port-mapping/protocol/xml-scan.js';
import { MAPPING_LIMITS } from '../support/mapping-limits.js';
import { addressAt } from '../support/scripted-trackers.js';

const PORT = 6881;
const NONCE = new Uint8Array(12).fill(7);
const PCP = createPcpCodec({ clientHost: '192.168.1.7', nonce: NONCE });
const text = (...words: string[]): fc.Arbitrary<Uint8Array> =>
  fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 5 })), { maxLength: 60 })
    .map((parts) => new TextEncoder().encode(parts.join('')));
const anyBytes = fc.uint8Array({ maxLength: 80, size: 'max' });

/** Of either protocol, right in as much as chance allows. */
const reply = fc.oneof(
  anyBytes,
  fc
    .tuple(fc.constantFrom(128, 129, 130, 131), fc.nat(6), fc.constantFrom(0, PORT, 1), fc.nat(65_535), fc.nat(4_000_000_000))
    .map(([op, result, internal, external, lifetime]) => {
      const bytes = new Uint8Array(16);
      bytes.set([0, op, 0, result], 0);
      const view = new DataView(bytes.buffer);
      view.setUint16(8, internal);
      view.setUint16(10, external);
      view.setUint32(12, lifetime);
      return bytes;
    }),
  fc
    .tuple(
      fc.constantFrom(128, 129),
      fc.nat(3),
      fc.constantFrom(6, 17),
      fc.nat(65_535),
      fc.nat(1e9),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    )
    .map(([op, result, protocol, external, lifetime, host]) => {
      const bytes = new Uint8Array(60);
      bytes.set([2, op, 0, result]);
      const view = new DataView(bytes.buffer);
      view.setUint32(4, lifetime);
      bytes.set(NONCE, 24);
      bytes[36] = protocol;
      view.setUint16(40, PORT);
      view.setUint16(42, external);
      bytes.set(host, 44);
      return bytes;
    }),
);

test.each<[string, GatewayCodec]>([
  ['NAT-PMP', NAT_PMP],
  ['PCP', PCP],
])('%s: any bytes are an answer or none', (_name, codec) => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(reply, (bytes) => {
      const before = bytes.slice();
      const decoded = codec.decode(bytes);
      kinds.add(decoded?.type ?? 'nothing');
      expect(bytes).toEqual(before);
      if (decoded?.type === 'refused') expect(decoded.reason.length).toBeLessThan(100);
      else if (decoded !== null && decoded.externalHost !== null)
        expect(createAddress(decoded.externalHost, 1)?.host).toBe(decoded.externalHost);
      if (decoded?.type === 'mapped') expect(decoded.externalPort).toBeLessThan(65_536);
    }),
    { numRuns: 3000 },
  );
  expect(kinds).toEqual(new Set(['nothing', 'present', 'mapped', 'refused']));
});

const XML = [
  '<',
  '>',
  '</',
  '/>',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?',
  '?>',
  '<!',
  '&amp;',
  '&#0;',
  '&#x110000;',
  '&x;',
  'a:b',
  ' c="d"',
];
const IGD = [
  '<service>',
  '</service>',
  '<serviceType>',
  '</serviceType>',
  '<controlURL>',
  '</controlURL>',
  '<URLBase>',
  '</URLBase>',
  '<errorCode>',
  '</errorCode>',
  '718',
];
const ADDRESS = '<NewExternalIPAddress>203.0.113.5</NewExternalIPAddress>';
const SERVICE = 'urn:schemas-upnp-org:service:WANIPConnection:1';
const DESCRIPTION = `<service><serviceType>${SERVICE}</serviceType><controlURL>/ctl</controlURL></service>`;

test('any text is scanned in one pass to bounded events', () => {
  fc.assert(
    fc.property(text(...XML, ...IGD), (bytes) => {
      const xml = new TextDecoder().decode(bytes);
      let count = 0;
      for (const event of scanXml(xml)) {
        count++;
        expect(event.name.length).toBeLessThanOrEqual(xml.length);
        if (event.type === 'text') expect(event.text.length).toBeLessThanOrEqual(1000);
      }
      expect(count).toBeLessThanOrEqual(3 * xml.length);
    }),
    { numRuns: 3000 },
  );
});

test('any description and any answer are bounded values', () => {
  let services = 0;
  fc.assert(
    fc.property(text(...XML, ...IGD, SERVICE, '/ctl'), fc.nat(600), (bytes, status) => {
      const description = decodeDescription(bytes);
      expect(description.services.length).toBeLessThanOrEqual(4);
      services += description.services.length;
      const { externalHost, errorCode } = decodeSoapAnswer(status, bytes);
      expect(externalHost).toBeNull();
      if (errorCode !== null) expect(errorCode).toBeLessThan(100_000);
    }),
    { numRuns: 3000 },
  );
  expect(services + decodeDescription(new TextEncoder().encode(DESCRIPTION)).services.length).toBeGreaterThan(0);
});

const searchAnswer = text(
  'HTTP/1.1 200 OK\r\n',
  'LOCATION: ',
  'http://',
  '192.168.1.1',
  ':80',
  '/d.xml',
  '8.8.8.8',
  '@',
  '\r\n',
  '#',
  '?',
);

test('what an answer to a search names is on the host that answered, or is not taken', () => {
  const from = addressAt('192.168.1.1', 1900);
  fc.assert(
    fc.property(fc.oneof(searchAnswer, anyBytes), fc.oneof(fc.webUrl(), fc.string()), (bytes, url) => {
      for (const named of [decodeSearchAnswer(bytes) ?? '', url]) {
        const taken = localUrl(named, from, 'http://192.168.1.1/');
        if (taken !== null) expect(new URL(taken)).toMatchObject({ protocol: 'http:', hostname: '192.168.1.1', username: '' });
      }
    }),
    { numRuns: 3000 },
  );
});

test('any routing table has a gateway or none', () => {
  fc.assert(
    fc.property(
      text('eth0\t', '00000000\t', '0101A8C0\t', '0003\t', '0\t', '\n', 'Iface'),
      fc.boolean(),
      (bytes, isLittleEndian) => {
        const host = parseDefaultGateway(new TextDecoder().decode(bytes), isLittleEndian);
        if (host !== null) expect(createAddress(host, 1)?.host).toBe(host);
      },
    ),
    { numRuns: 2000 },
  );
});

/** What a friendly gateway would say to what was sent last: without it chance would never get far. */
type Help = (action: MethodAction | null) => MethodEvent;
type Input = { readonly afterMs: number; readonly event: MethodEvent | Help };

/** Runs a method through anything, from `search` to `released`. */
function drive(method: MappingMethod, inputs: readonly Input[], seen: Set<string>): void {
  let now = 0;
  let released = 0;
  let ends = 0;
  let hasFound = false;
  let last: MethodAction | null = null;
  const step = (event: MethodEvent): void => {
    const actions = method.handle(event, now);
    expect(actions.length).toBeLessThan(10);
    for (const action of actions) {
      seen.add(action.type);
      if (action.type === 'send' || action.type === 'request') last = action;
      if (action.type === 'found') hasFound = true;
      if (action.type === 'released') released++;
      if (action.type === 'failed') ends++;
      if (action.type === 'failed') expect(action.reason).toMatch(/^[\w '(),/-]{1,100}$/);
      if (action.type === 'request') expect(new URL(action.url).hostname).toBe('192.168.1.1');
      if (action.type === 'mapped') expect(action.mapping.tcpPort).toBeGreaterThan(0);
    }
  };
  const runUntil = (end: number): void => {
    for (let due = method.nextTimeout(); due !== null && due <= end; due = method.nextTimeout()) {
      now = Math.max(now, due);
      step({ type: 'timeout' });
      expect(method.nextTimeout() ?? Infinity, 'it moves on').toBeGreaterThan(due);
    }
    now = end;
  };
  step({ type: 'search' });
  for (const { afterMs, event } of inputs) {
    runUntil(now + afterMs);
    step(typeof event === 'function' ? event(last) : event);
    if (!hasFound) continue;
    hasFound = false;
    step({ type: 'map' });
  }
  const before = released;
  step({ type: 'release' });
  runUntil(now + 60_000);
  // UPnP waits for the answers of its requests, which its shell bounds in time.
  for (let request = 1; request < 300; request++) step({ type: 'request-failed', request, message: 'no answer' });
  expect(released).toBe(before + 1);
  expect(method.nextTimeout()).toBeNull();
  expect(ends).toBeLessThanOrEqual(inputs.length + 1);
}

/** What no run of them must miss: else nothing has been shown. */
const SEEN = ['found', 'mapped', 'failed', 'released'];
const afterMs = fc.oneof(fc.nat(300), fc.nat(10_000), fc.nat(4_000_000));

test.each<[string, GatewayCodec]>([
  ['NAT-PMP', NAT_PMP],
  ['PCP', PCP],
])('the machine of %s comes through anything, and to its end', (_name, codec) => {
  const help: Help = (action) => {
    const sent = action?.type === 'send' ? action.bytes : new Uint8Array();
    const bytes = new Uint8Array(sent[0] === 0 ? (sent[1] === 0 ? 12 : 16) : sent.length);
    if (sent[0] === 0) bytes.set(sent.subarray(4), 8);
    else bytes.set(sent);
    bytes.set([sent[0], sent[1] + 128, 0, 0]);
    return { type: 'datagram', from: addressAt('192.168.1.1', 5351), bytes };
  };
  const event = fc.oneof(
    { weight: 9, arbitrary: fc.constant(help) },
    { weight: 9, arbitrary: reply.map((bytes) => ({ type: 'datagram' as const, from: addressAt('192.168.1.1', 5351), bytes })) },
    { weight: 1, arbitrary: fc.constantFrom<MethodEvent>({ type: 'unreachable' }, { type: 'search' }) },
  );
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(fc.record({ afterMs, event }), { maxLength: 40 }), (inputs) => {
      const retransmit = { firstWaitMs: 250, attempts: 4 };
      drive(new GatewayMethod({ codec, port: PORT, retransmit, limits: MAPPING_LIMITS }), inputs, seen);
    }),
    { numRuns: 500 },
  );
  expect(seen).toEqual(new Set([...SEEN, 'send']));
});

test('the machine of UPnP comes through anything, and to its end', () => {
  const good = fc.constantFrom(
    DESCRIPTION,
    ADDRESS,
    '<Fault><errorCode>718</errorCode></Fault>',
    '<Fault><errorCode>725</errorCode></Fault>',
    '',
  );
  const body = fc.oneof(
    good.map((xml) => new TextEncoder().encode(xml)),
    text(...XML, ...IGD),
  );
  const location = 'HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1/d.xml\r\n\r\n';
  const help: Help = (action) => {
    if (action?.type !== 'request') {
      const bytes = new TextEncoder().encode(location);
      return { type: 'datagram', from: addressAt('192.168.1.1', 1900), bytes };
    }
    const { request, call } = action;
    const xml = call === null ? DESCRIPTION : call.action === 'GetExternalIPAddress' ? ADDRESS : '';
    return { type: 'answered', request, status: 200, body: new TextEncoder().encode(xml), localHost: '192.168.1.7' };
  };
  const event = fc.oneof<fc.Arbitrary<MethodEvent | Help>[]>(
    fc.constant(help),
    fc.constant(help),
    fc.constant(help),
    fc
      .oneof(searchAnswer, fc.constant(new TextEncoder().encode(location)))
      .map((bytes) => ({ type: 'datagram', from: addressAt('192.168.1.1', 1900), bytes })),
    fc
      .record({ request: fc.nat(12), status: fc.constantFrom(200, 200, 500, 404), body })
      .map((answer) => ({ type: 'answered', ...answer, localHost: '192.168.1.7' })),
    fc.nat(12).map((request) => ({ type: 'request-failed', request, message: 'no answer' })),
    fc.constantFrom<MethodEvent>({ type: 'unreachable' }, { type: 'search' }),
  );
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(fc.record({ afterMs, event }), { maxLength: 60 }), fc.integer(), (inputs, seed) => {
      const random = createRandom(seed);
      drive(new UpnpMethod({ port: PORT, group: '239.255.255.250:1900', random, limits: MAPPING_LIMITS }), inputs, seen);
    }),
    { numRuns: 500 },
  );
  expect(seen).toEqual(new Set([...SEEN, 'send', 'request']));
});
