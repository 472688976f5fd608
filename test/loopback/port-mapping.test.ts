// Port mapping over real sockets, with gateways of the test's on loopback: the client maps its port by whichever of the three answers,
// and gives it back at its end. No test here leaves the host: the gateway and the group are given.

import { createSocket } from 'node:dgram';
import { expect, onTestFinished, test } from 'vitest';
import { Client, type PortMappingNotice } from '../../src/engine/client.js';
import { createRandom } from '../../src/model/random.js';
import { createAddress, type Address } from '../../src/model/address.js';
import { PortForwarding, type PortForwardingLimits } from '../../src/net/port-mapping/port-forwarding.js';
import { nextNotice, openClient, startSession, withTrackers } from '../support/engine-rig.js';
import { FakeGateway } from '../support/fake-gateway.js';
import { FakeIgd } from '../support/fake-igd.js';
import { MAPPING_LIMITS } from '../support/mapping-limits.js';
import { startStaticTracker } from '../support/static-tracker.js';
import { storedTorrent } from '../support/stored-torrent.js';

const PORT = 6881;

interface Forwarding {
  readonly forwarding: PortForwarding;
  /** Those that nobody has waited for. */
  readonly notices: PortMappingNotice[];
  /** The next one, or the one that has come. */
  readonly notice: () => Promise<PortMappingNotice>;
}

/** Without a gateway or a device, nobody is there: an address of a closed port. */
async function forward(
  gateway: { readonly address: Address } | null,
  igd: FakeIgd | null,
  limits: Partial<PortForwardingLimits> = {},
): Promise<Forwarding> {
  const notices: PortMappingNotice[] = [];
  const waiting: ((notice: PortMappingNotice) => void)[] = [];
  const forwarding = new PortForwarding({
    port: PORT,
    gateway: gateway?.address ?? null,
    searchAt: igd?.searchAt ?? (await closedPort()),
    limits: { ...MAPPING_LIMITS, searchMs: 300, searchRepeatMs: 100, pcp: { firstWaitMs: 100, attempts: 3 }, ...limits },
    userAgent: 'test',
    random: createRandom(1),
    onNotice: (notice) => {
      const resolve = waiting.shift();
      if (resolve === undefined) notices.push(notice);
      else resolve(notice);
    },
  });
  onTestFinished(() => forwarding.stop(1000));
  const notice = (): Promise<PortMappingNotice> => {
    const came = notices.shift();
    return came === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(came);
  };
  return { forwarding, notices, notice };
}

async function closedPort(): Promise<Address> {
  const gateway = await FakeGateway.open({ speaks: 'nothing' });
  return gateway.address;
}

const mapped = (protocol: string, changes: object = {}): object => ({
  type: 'port-mapped',
  protocol,
  port: PORT,
  // 203.0.113.0/24 is for documents; the scope rule has no word on it.
  isPublic: true,
  mapping: { externalHost: '203.0.113.5', tcpPort: PORT, udpPort: PORT, ...changes },
});

test('by NAT-PMP, through lost datagrams; given back at the end', async () => {
  const gateway = await FakeGateway.open({ speaks: 'NAT-PMP', lose: 2 });
  const { forwarding, notice } = await forward(gateway, null);
  expect(await notice()).toEqual(mapped('NAT-PMP'));
  expect([...gateway.mappings]).toEqual([
    [`tcp ${PORT}`, 3600],
    [`udp ${PORT}`, 3600],
  ]);
  await forwarding.stop(1000);
  expect(gateway.mappings.size).toBe(0);
  await forwarding.stop(1000);
});

test('by PCP, where the gateway gives another port', async () => {
  const gateway = await FakeGateway.open({ speaks: 'PCP', externalPort: 40_000 });
  const { forwarding, notice } = await forward(gateway, null);
  expect(await notice()).toEqual(mapped('PCP', { tcpPort: 40_000, udpPort: 40_000 }));
  expect([...gateway.mappings.keys()]).toEqual([`tcp ${PORT}`, `udp ${PORT}`]);
  await forwarding.stop(1000);
  expect(gateway.mappings.size).toBe(0);
});

test('by one of them where a gateway speaks both, and by the other where the first is refused', async () => {
  const gateway = await FakeGateway.open({ speaks: 'both' });
  const { notice } = await forward(gateway, null);
  expect(await notice()).toMatchObject({ type: 'port-mapped' });
  const maps = gateway.received.filter((line) => line.endsWith(' tcp 3600'));
  expect(maps).toHaveLength(1);
  const refusing = await FakeGateway.open({ speaks: 'both', refuseWith: 2 });
  const igd = await FakeIgd.open();
  expect(await (await forward(refusing, igd)).notice()).toEqual(mapped('UPnP'));
});

test('by UPnP, where nothing else answers', async () => {
  const igd = await FakeIgd.open();
  const { forwarding, notice } = await forward(null, igd);
  expect(await notice()).toEqual(mapped('UPnP'));
  expect(Object.fromEntries(igd.mappings)).toEqual({
    [`tcp ${PORT}`]: `127.0.0.1:${PORT}, 3600`,
    [`udp ${PORT}`]: `127.0.0.1:${PORT}, 3600`,
  });
  await forwarding.stop(1000);
  expect(igd.mappings.size).toBe(0);
});

test('by UPnP without a lease, under another port, behind another gateway', async () => {
  const igd = await FakeIgd.open({ isPermanentOnly: true, taken: [PORT], externalHost: '192.168.0.2' });
  const { notice } = await forward(null, igd);
  const told = await notice();
  expect(told).toMatchObject({ type: 'port-mapped', protocol: 'UPnP', isPublic: false });
  const [first] = igd.mappings;
  expect(first).toEqual([expect.stringMatching(/^tcp (4[89]|[56])\d+$/), `127.0.0.1:${PORT}, 0`]);
});

test('a mapping is renewed', async () => {
  const gateway = await FakeGateway.open({ speaks: 'NAT-PMP' });
  const igd = await FakeIgd.open();
  const soon = { leaseS: 1, minRenewMs: 100 };
  await (await forward(gateway, null, soon)).notice();
  await (await forward(null, igd, soon)).notice();
  gateway.mappings.clear();
  igd.mappings.clear();
  igd.received.length = 0;
  await igd.heard(/AddPortMapping udp/);
  expect(gateway.received.filter((line) => line === 'NAT-PMP tcp 1').length).toBeGreaterThan(1);
});

test('nobody there: told once, with what was tried', async () => {
  const { notice } = await forward(null, null);
  expect(await notice()).toEqual({
    type: 'port-not-mapped',
    port: PORT,
    reasons: [
      { protocol: 'NAT-PMP', reason: 'no gateway is known' },
      { protocol: 'PCP', reason: 'no gateway is known' },
      { protocol: 'UPnP', reason: 'no gateway answers' },
    ],
  });
  const silent = await FakeGateway.open({ speaks: 'nothing' });
  const limits = { natPmp: { firstWaitMs: 20, attempts: 2 }, pcp: { firstWaitMs: 20, attempts: 2 } };
  expect(await (await forward(silent, null, limits)).notice()).toMatchObject({
    reasons: [{ reason: 'no answer' }, { reason: 'no answer' }, { reason: 'no gateway answers' }],
  });
});

test('nobody listens there: that is known at once, and where there is no way at all too', async () => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const closed = createAddress('127.0.0.1', socket.address().port) as Address;
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  const limits = { natPmp: { firstWaitMs: 100_000, attempts: 2 }, pcp: { firstWaitMs: 100_000, attempts: 2 } };
  expect(await (await forward({ address: closed }, null, limits)).notice()).toMatchObject({
    reasons: [{ reason: 'nobody there speaks it' }, { reason: 'nobody there speaks it' }, { protocol: 'UPnP' }],
  });
  // The system refuses to send to everybody.
  const everybody = createAddress('255.255.255.255', 5351) as Address;
  const { notice } = await forward({ address: everybody }, null);
  expect(await notice()).toMatchObject({
    reasons: [{ reason: 'no way to the gateway' }, { reason: 'no way to the gateway' }, { protocol: 'UPnP' }],
  });
});

test('it is tried again, silently, until it works; a lost mapping is looked for at once', async () => {
  const gateway = await FakeGateway.open({ speaks: 'NAT-PMP', refuseWith: 2 });
  const { notice, notices } = await forward(gateway, null, { retryMs: 20, leaseS: 1, minRenewMs: 500, searchMs: 10 });
  expect(await notice()).toMatchObject({ type: 'port-not-mapped' });
  while (gateway.received.filter((line) => line === 'NAT-PMP probe').length < 4) await gateway.next();
  expect(notices).toEqual([]);
  delete gateway.options.refuseWith;
  expect(await notice()).toEqual(mapped('NAT-PMP'));
  // Its renewals fall on deaf ears for longer than its lease of a second.
  gateway.options.refuseWith = 2;
  expect(await notice()).toMatchObject({ type: 'port-not-mapped' });
});

test('a device that names another host is not asked, and one that is silent, or answers without an end, is given up', async () => {
  const other = await FakeIgd.open();
  const liar = await FakeIgd.open({ location: other.url.replace('127.0.0.1', '127.0.0.2') });
  const reason = async (igd: FakeIgd): Promise<string | undefined> => {
    const notice = await (await forward(null, igd, { requestTimeoutMs: 200 })).notice();
    return notice.type === 'port-not-mapped' ? notice.reasons.find(({ protocol }) => protocol === 'UPnP')?.reason : undefined;
  };
  expect(await reason(liar)).toBe('no gateway answers');
  expect(other.received).toEqual([]);
  expect(await reason(await FakeIgd.open({ isSilent: true }))).toBe('no answer in time');
  const endless = await FakeIgd.open({ description: '<service>'.repeat(20_000) });
  expect(await reason(endless)).toBe(`the answer is longer than ${MAPPING_LIMITS.maxResponseBytes} bytes`);
  expect(await reason(await FakeIgd.open({ description: '<root/>' }))).toBe('the gateway has no service that maps ports');
});

test('the end is bounded, whoever does not answer', async () => {
  const igd = await FakeIgd.open();
  const { forwarding, notice } = await forward(null, igd);
  await notice();
  igd.options.isSilent = true;
  await forwarding.stop(50);
  expect(igd.received.filter((line) => line.startsWith('DeletePortMapping'))).toHaveLength(2);
  const early = await forward(await FakeGateway.open({ speaks: 'nothing' }), null);
  await early.forwarding.stop(50);
  expect(early.notices).toEqual([]);
});

test('a client owns it: told to who listens, announced to trackers, given back with the client', async () => {
  const gateway = await FakeGateway.open({ speaks: 'NAT-PMP', externalPort: 40_000 });
  const places = { gateway: gateway.address, searchAt: await closedPort() };
  const client = await openClient({ portMapping: places });
  const notice = await new Promise<PortMappingNotice>((resolve) => {
    client.onPortMapping(resolve);
  });
  const mapping = { externalHost: '203.0.113.5', tcpPort: 40_000, udpPort: 40_000 };
  expect(notice).toEqual({ type: 'port-mapped', protocol: 'NAT-PMP', port: client.port, isPublic: true, mapping });
  expect(client.portMapping).toEqual(notice);
  let toldAgain = 0;
  client.onPortMapping(() => toldAgain++);
  expect(toldAgain, 'not twice').toBe(0);
  const tracker = await startStaticTracker([]);
  const { metainfo } = storedTorrent({ pieceLength: 16_384, files: [['a', 20_000]] });
  const server = await startSession(withTrackers(metainfo, tracker.url), null, { client, useTrackers: true });
  await nextNotice(server, 'tracker-answered');
  expect(tracker.announces[0]).toContain('&port=40000&');
  await server.stop();
  await client.close();
  expect(gateway.mappings.size).toBe(0);
  expect([client.portMapping, client.announcedPort]).toEqual([null, client.port]);
});

test('a client that does not listen, is bound to an interface, or is not asked to, maps nothing', async () => {
  const gateway = await FakeGateway.open({ speaks: 'NAT-PMP' });
  const places = { gateway: gateway.address, searchAt: gateway.address };
  const client = await Client.open({ listen: false, portMapping: places });
  await client.releasePort();
  await client.close();
  const bound = await openClient({ interface: '127.0.0.1', portMapping: places });
  expect(bound.port).not.toBe(null);
  await bound.close();
  await (await openClient()).close();
  expect(gateway.received).toEqual([]);
});
