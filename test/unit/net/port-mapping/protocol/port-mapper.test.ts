// The mapper above methods of the test's, which do what they are told.

import { expect, test } from 'vitest';
import type {
  MappingMethod,
  MappingProtocol,
  MethodAction,
  MethodEvent,
  PortMapping,
} from '../../../../../src/net/port-mapping/protocol/mapping-terms.js';
import {
  PortMapper,
  type MapperAction,
  type PortMappingNotice,
} from '../../../../../src/net/port-mapping/protocol/port-mapper.js';

const PORT = 6881;
const RETRY_MS = 600_000;
const MAPPING: PortMapping = { externalHost: '203.0.113.5', tcpPort: PORT, udpPort: PORT };

class Scripted implements MappingMethod {
  readonly protocol: MappingProtocol;
  readonly heard: string[] = [];
  next: MethodAction[] = [];

  constructor(protocol: MappingProtocol) {
    this.protocol = protocol;
  }

  handle(event: MethodEvent): MethodAction[] {
    if (event.type !== 'unreachable') this.heard.push(event.type);
    if (event.type === 'release') return [{ type: 'released' }];
    const actions = this.next;
    this.next = [];
    return actions;
  }

  nextTimeout(): null {
    return null;
  }
}

function setUp() {
  const methods = [new Scripted('NAT-PMP'), new Scripted('PCP'), new Scripted('UPnP')] as const;
  const mapper = new PortMapper({ port: PORT, methods, missing: [], retryMs: RETRY_MS });
  const say = (method: Scripted, ...actions: MethodAction[]): MapperAction[] => {
    method.next = actions;
    return mapper.handle({ type: 'method', protocol: method.protocol, event: { type: 'unreachable' } }, 0);
  };
  expect(mapper.handle({ type: 'start' }, 0)).toEqual([]);
  return { methods, mapper, say };
}

const found: MethodAction = { type: 'found' };
const mapped = (changes: Partial<PortMapping> = {}): MethodAction => ({ type: 'mapped', mapping: { ...MAPPING, ...changes } });
const failed = (reason: string): MethodAction => ({ type: 'failed', reason });
const notice = (protocol: MappingProtocol, mapping: PortMapping = MAPPING, isPublic = true): MapperAction => ({
  type: 'notice',
  notice: { type: 'port-mapped', protocol, port: PORT, mapping, isPublic },
});

test('all search at once; the first that finds maps, and the others end', () => {
  const { methods, say } = setUp();
  const [natPmp, pcp, upnp] = methods;
  say(pcp, found);
  say(natPmp, found);
  expect(say(pcp, mapped())).toEqual([notice('PCP')]);
  expect(natPmp.heard).toEqual(['search', 'release']);
  expect(upnp.heard).toEqual(['search', 'release']);
  expect(pcp.heard).toEqual(['search', 'map']);
  say(upnp, found);
  expect(upnp.heard, 'late').toEqual(['search', 'release', 'release']);
});

test('the next one maps where the first cannot', () => {
  const { methods, say } = setUp();
  const [natPmp, pcp, upnp] = methods;
  say(natPmp, found);
  say(upnp, found);
  say(pcp, failed('no answer'));
  expect(say(natPmp, failed('out of ports'))).toEqual([]);
  expect(upnp.heard).toEqual(['search', 'map']);
  expect(say(upnp, mapped({ externalHost: '100.64.0.7' }))).toEqual([
    notice('UPnP', { ...MAPPING, externalHost: '100.64.0.7' }, false),
  ]);
  expect(say(upnp, mapped({ externalHost: null }))).toEqual([notice('UPnP', { ...MAPPING, externalHost: null })]);
});

test('that nothing works is told, and after a while all is to begin anew', () => {
  const { methods, mapper, say } = setUp();
  const reasons = methods.map(({ protocol }) => ({ protocol, reason: `not by ${protocol}` }));
  const expected: PortMappingNotice = { type: 'port-not-mapped', port: PORT, reasons };
  const failAll = (): MapperAction[] => methods.flatMap((method) => say(method, failed(`not by ${method.protocol}`)));
  expect(failAll()).toEqual([{ type: 'notice', notice: expected }]);
  expect(mapper.nextTimeout()).toBe(RETRY_MS);
  expect(mapper.handle({ type: 'timeout' }, RETRY_MS - 1)).toEqual([]);
  expect(mapper.handle({ type: 'timeout' }, RETRY_MS)).toEqual([{ type: 'restart' }]);
  expect(mapper.nextTimeout()).toBeNull();
  expect(say(methods[0], found), 'it is over').toEqual([]);
});

test('what is lost is a reason to begin anew', () => {
  const { methods, mapper, say } = setUp();
  const [, pcp] = methods;
  say(pcp, found);
  say(pcp, mapped());
  expect(say(pcp, failed('no answer'))).toEqual([{ type: 'restart' }]);
  expect(mapper.nextTimeout()).toBeNull();
});

test('what could not be tried is in the notice', () => {
  const upnp = new Scripted('UPnP');
  const missing = [{ protocol: 'PCP', reason: 'no gateway is known' }] as const;
  const mapper = new PortMapper({ port: PORT, methods: [upnp], missing, retryMs: RETRY_MS });
  mapper.handle({ type: 'start' }, 0);
  upnp.next = [failed('no gateway answers')];
  expect(mapper.handle({ type: 'method', protocol: 'UPnP', event: { type: 'unreachable' } }, 0)).toMatchObject([
    { notice: { reasons: [...missing, { protocol: 'UPnP', reason: 'no gateway answers' }] } },
  ]);
});

test('the end gives back what is mapped; without anything it is at once', () => {
  const { methods, mapper, say } = setUp();
  say(methods[1], found);
  say(methods[1], mapped());
  expect(mapper.handle({ type: 'stop' }, 0)).toEqual([{ type: 'stopped' }]);
  expect(methods[1].heard).toEqual(['search', 'map', 'release']);
  expect(mapper.handle({ type: 'stop' }, 0)).toEqual([]);
  const idle = setUp();
  expect(idle.mapper.handle({ type: 'stop' }, 0)).toEqual([{ type: 'stopped' }]);
  expect(idle.mapper.nextTimeout()).toBeNull();
});
