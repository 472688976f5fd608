// UPnP with devices of the test's, in virtual time and without HTTP.

import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../../../src/model/random.js';
import type { MethodAction, MethodEvent } from '../../../../../src/net/port-mapping/protocol/mapping-terms.js';
import { UpnpMethod } from '../../../../../src/net/port-mapping/protocol/upnp-method.js';
import { MAPPING_LIMITS } from '../../../../support/mapping-limits.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

const PORT = 6881;
const IP1 = 'urn:schemas-upnp-org:service:WANIPConnection:1';
const PPP = 'urn:schemas-upnp-org:service:WANPPPConnection:1';
const DESCRIPTION = [IP1, PPP]
  .map((type, index) => `<service><serviceType>${type}</serviceType><controlURL>/ctl${index}</controlURL></service>`)
  .join('');
const ADDRESS = '<NewExternalIPAddress>203.0.113.5</NewExternalIPAddress>';
const fault = (code: number): string => `<s:Fault><errorCode>${code}</errorCode></s:Fault>`;

class Driver {
  now = 1000;
  /** Of the request that was made last. */
  request = 0;
  readonly method = new UpnpMethod({
    port: PORT,
    group: '239.255.255.250:1900',
    random: createRandom(1),
    limits: MAPPING_LIMITS,
  });

  /** Requests as `GET path` or `Action kind external>internal@host lease path`. */
  do(event: MethodEvent): (string | MethodAction)[] {
    return this.method.handle(event, this.now).map((action) => {
      if (action.type === 'send') return 'search';
      if (action.type !== 'request') return action;
      this.request = action.request;
      const { pathname } = new URL(action.url);
      if (action.call === null) return `GET ${pathname}`;
      const { body, action: name } = action.call;
      const values = ['NewProtocol', 'NewExternalPort', 'NewInternalPort', 'NewInternalClient', 'NewLeaseDuration'].flatMap(
        (key) => new RegExp(`<${key}>(.*?)</`).exec(body)?.[1] ?? [],
      );
      return [name, ...values, pathname].join(' ');
    });
  }

  device(host: string, location = `http://${host}:5000/d.xml`): (string | MethodAction)[] {
    const bytes = new TextEncoder().encode(`HTTP/1.1 200 OK\r\nLOCATION: ${location}\r\n\r\n`);
    return this.do({ type: 'datagram', from: addressAt(host, 1900), bytes });
  }

  answer(text: string, status = 200): (string | MethodAction)[] {
    const body = new TextEncoder().encode(text);
    return this.do({ type: 'answered', request: this.request, status, body, localHost: '192.168.1.7' });
  }

  wait(): [number, (string | MethodAction)[]] {
    const due = this.method.nextTimeout();
    if (due === null) throw new Error('nothing is due');
    const waitedMs = due - this.now;
    this.now = due;
    return [waitedMs, this.do({ type: 'timeout' })];
  }

  /** To `found`. */
  find(): this {
    this.do({ type: 'search' });
    this.device('192.168.1.1');
    this.answer(DESCRIPTION);
    expect(this.answer(ADDRESS)).toEqual([{ type: 'found' }]);
    return this;
  }

  /** To a mapping that stands. */
  map(): this {
    this.find().do({ type: 'map' });
    this.answer('');
    expect(this.answer('')).toEqual([standing()]);
    return this;
  }
}

const failed = (reason: string): MethodAction => ({ type: 'failed', reason });
const standing = (changes: object = {}): MethodAction => ({
  type: 'mapped',
  mapping: { externalHost: '203.0.113.5', tcpPort: PORT, udpPort: PORT, ...changes },
});
const SEARCHES = ['search', 'search', 'search'];

describe('the search', () => {
  test('finds a device, its service and its address', () => {
    const driver = new Driver();
    expect(driver.do({ type: 'search' })).toEqual(SEARCHES);
    expect(driver.device('192.168.1.1')).toEqual(['GET /d.xml']);
    expect(driver.device('192.168.1.1'), 'once more').toEqual([]);
    expect(driver.answer(DESCRIPTION)).toEqual(['GetExternalIPAddress /ctl0']);
    expect(driver.answer(ADDRESS)).toEqual([{ type: 'found' }]);
    expect(driver.method.nextTimeout()).toBeNull();
  });

  test('is repeated once, and ends', () => {
    const driver = new Driver();
    driver.do({ type: 'search' });
    expect(driver.wait()).toEqual([1500, SEARCHES]);
    expect(driver.wait()).toEqual([3500, [failed('no gateway answers')]]);
    expect(driver.method.nextTimeout()).toBeNull();
  });

  test('without a way out says so', () => {
    const driver = new Driver();
    driver.do({ type: 'search' });
    driver.do({ type: 'unreachable' });
    driver.wait();
    expect(driver.wait()[1]).toEqual([failed('there is no way to the local network')]);
  });

  test('goes on to the next service, and to the next device', () => {
    const driver = new Driver();
    driver.do({ type: 'search' });
    driver.device('192.168.1.9');
    expect(driver.device('192.168.1.1')).toEqual([]);
    expect(driver.answer('<html>')).toEqual(['GET /d.xml']);
    expect(driver.answer(DESCRIPTION)).toEqual(['GetExternalIPAddress /ctl0']);
    expect(driver.answer('<NewExternalIPAddress>0.0.0.0</NewExternalIPAddress>')).toEqual(['GetExternalIPAddress /ctl1']);
    expect(driver.do({ type: 'request-failed', request: driver.request, message: 'no answer in time' })).toEqual([]);
    expect(driver.device('192.168.1.2'), 'still searching').toEqual(['GET /d.xml']);
    expect(driver.answer('', 404)).toEqual([]);
    driver.wait();
    expect(driver.wait()[1]).toEqual([failed('its description is answered by HTTP status 404')]);
  });

  test('does not end while a device is being asked', () => {
    const driver = new Driver();
    driver.do({ type: 'search' });
    driver.wait();
    driver.device('192.168.1.1');
    expect(driver.wait()[1]).toEqual([]);
    expect(driver.method.nextTimeout()).toBeNull();
    expect(driver.answer(DESCRIPTION)).toEqual(['GetExternalIPAddress /ctl0']);
  });

  test('asks nobody but who answers, on the local network, and few of them', () => {
    const driver = new Driver();
    driver.do({ type: 'search' });
    expect(driver.device('192.168.1.1', 'http://192.168.1.2/d.xml')).toEqual([]);
    expect(driver.device('8.8.8.8')).toEqual([]);
    const asked = Array.from({ length: 20 }, (_, index) => driver.device(`10.0.0.${index + 1}`));
    expect(asked.flat()).toEqual(['GET /d.xml']);
    let requests = 1;
    while (driver.answer('').length > 0) requests++;
    expect(requests).toBe(MAPPING_LIMITS.maxDevices);
  });

  test('takes no control URL of another host', () => {
    const driver = new Driver();
    driver.do({ type: 'search' });
    driver.device('192.168.1.1');
    const elsewhere = DESCRIPTION.replace('/ctl0', 'http://192.168.1.2/ctl0');
    expect(driver.answer(`<URLBase>http://192.168.1.3/</URLBase>${elsewhere}`)).toEqual(['GetExternalIPAddress /ctl1']);
  });
});

describe('a mapping', () => {
  test('of TCP, then UDP', () => {
    const driver = new Driver().find();
    expect(driver.do({ type: 'map' })).toEqual([`AddPortMapping TCP ${PORT} ${PORT} 192.168.1.7 3600 /ctl0`]);
    expect(driver.answer('')).toEqual([`AddPortMapping UDP ${PORT} ${PORT} 192.168.1.7 3600 /ctl0`]);
    expect(driver.answer('')).toEqual([standing()]);
  });

  test('is there without UDP too', () => {
    const driver = new Driver().find();
    driver.do({ type: 'map' });
    driver.answer('');
    expect(driver.answer(fault(501), 500)).toEqual([standing({ udpPort: null })]);
  });

  test('without a lease where the gateway knows none', () => {
    const driver = new Driver().find();
    driver.do({ type: 'map' });
    expect(driver.answer(fault(725), 500)).toEqual([`AddPortMapping TCP ${PORT} ${PORT} 192.168.1.7 0 /ctl0`]);
    expect(driver.answer(fault(725), 500), 'not for ever').toEqual([failed('the gateway refuses (725)')]);
  });

  test('of another port where ours is taken, a few times', () => {
    const driver = new Driver().find();
    let [request] = driver.do({ type: 'map' });
    for (let tries = 1; tries < MAPPING_LIMITS.maxPortTries; tries++) {
      [request] = driver.answer(fault(718), 500);
      expect(request).toMatch(/^AddPortMapping TCP (?!6881)(49[1-9]|[56])\d+ 6881 /);
    }
    const port = Number(/TCP (\d+)/.exec(typeof request === 'string' ? request : '')?.[1]);
    expect(driver.answer('')).toEqual([`AddPortMapping UDP ${port} ${PORT} 192.168.1.7 3600 /ctl0`]);
    expect(driver.answer('')).toEqual([standing({ tcpPort: port, udpPort: port })]);
    const unlucky = new Driver().find();
    unlucky.do({ type: 'map' });
    for (let tries = 1; tries < MAPPING_LIMITS.maxPortTries; tries++) unlucky.answer(fault(718), 500);
    expect(unlucky.answer(fault(718), 500)).toEqual([failed('the port is taken')]);
  });

  test('is renewed at half its time, with a look at the address', () => {
    const driver = new Driver().map();
    expect(driver.wait()).toEqual([1_800_000, ['GetExternalIPAddress /ctl0']]);
    expect(driver.answer(ADDRESS.replace('.5<', '.9<'))).toEqual([`AddPortMapping TCP ${PORT} ${PORT} 192.168.1.7 3600 /ctl0`]);
    driver.answer('');
    expect(driver.answer('')).toEqual([standing({ externalHost: '203.0.113.9' })]);
  });

  test('whose gateway is gone is asked for until its time is over, and lost then', () => {
    const driver = new Driver().map();
    const ends = driver.now + 3_600_000;
    let actions: (string | MethodAction)[] = [];
    let asked = 0;
    while (actions.length === 0 && asked < 100) {
      expect(driver.wait()[1]).toEqual(['GetExternalIPAddress /ctl0']);
      asked++;
      actions = driver.do({ type: 'request-failed', request: driver.request, message: 'no answer in time' });
    }
    expect(actions).toEqual([failed('no answer in time')]);
    expect(asked).toBeGreaterThan(3);
    expect(driver.now).toBeGreaterThan(ends - 2 * MAPPING_LIMITS.minRenewMs);
    expect(driver.now).toBeLessThan(ends);
  });

  test('is deleted at the end, both kinds at once, whatever the answers', () => {
    const driver = new Driver().map();
    const requests = driver.method
      .handle({ type: 'release' }, driver.now)
      .flatMap((action) => (action.type === 'request' ? action : []));
    expect(requests.map(({ call }) => /<NewProtocol>(.*?)</.exec(call?.body ?? '')?.[1])).toEqual(['TCP', 'UDP']);
    expect(driver.do({ type: 'request-failed', request: requests[0].request, message: 'x' })).toEqual([]);
    driver.request = requests[1].request;
    expect(driver.answer(fault(714), 500)).toEqual([{ type: 'released' }]);
    expect(driver.method.nextTimeout()).toBeNull();
  });

  test('that is under way at the end is deleted too, its answer ignored; what was never asked for is not', () => {
    const driver = new Driver().find();
    driver.do({ type: 'map' });
    const adding = driver.request;
    expect(driver.do({ type: 'release' })).toEqual([`DeletePortMapping TCP ${PORT} /ctl0`]);
    const deleting = driver.request;
    driver.request = adding;
    expect(driver.answer('')).toEqual([]);
    driver.request = deleting;
    expect(driver.answer('')).toEqual([{ type: 'released' }]);
    const idle = new Driver().find();
    expect(idle.do({ type: 'release' })).toEqual([{ type: 'released' }]);
  });
});
