import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressScope } from '../../../src/model/address-scope.js';
import { whereaboutsOf } from '../../../src/model/whereabouts.js';

test.each([
  ['127.0.0.1', 'loopback'],
  ['::1', 'loopback'],
  ['10.1.2.3', 'private'],
  ['224.0.0.1', 'never'],
  ['8.8.8.8', 'global'],
  ['localhost', 'loopback'],
  ['ip6-localhost', 'loopback'],
  ['ip6-loopback.', 'loopback'],
  ['LocalHost.', 'loopback'],
  ['a.b.localhost', 'loopback'],
  ['nas', 'private'],
  ['printer.local', 'private'],
  ['db.prod.internal', 'private'],
  ['router.home.arpa.', 'private'],
  ['tracker.example', 'global'],
  ['localhost.example', 'global'],
  ['local.example', 'global'],
  ['notlocalhost.org', 'global'],
])('%s is taken for %s', (host, scope) => {
  expect(addressScope(whereaboutsOf(host))).toBe(scope);
});

test('a number stays what it is, and whatever else comes is somewhere', () => {
  expect(whereaboutsOf('::ffff:10.0.0.7')).toMatchObject({ host: '10.0.0.7', family: 4 });
  fc.assert(
    fc.property(fc.string(), (host) => {
      expect(['loopback', 'private', 'global', 'link-local', 'never']).toContain(addressScope(whereaboutsOf(host)));
    }),
  );
});
