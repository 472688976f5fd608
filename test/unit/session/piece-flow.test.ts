import { expect, test } from 'vitest';
import type { PieceIndex } from '../../../src/model/ids.js';
import { SessionDriver } from '../../support/session-driver.js';

test('who has a piece hears that we have it with the next requests, or within a second; others at once', () => {
  const driver = new SessionDriver(40);
  const seed = driver.connect(1);
  const other = driver.connect(2);
  driver.say(seed, { type: 'have-all' });
  driver.say(seed, { type: 'unchoke' });
  const store = (index: number): void => {
    driver.deliver(seed, index);
    driver.handle({ type: 'piece-stored', piece: index as PieceIndex });
  };
  store(driver.asked(seed)[0]);
  expect(driver.sent(other, 'have')).toHaveLength(1);
  const told = driver.sent(seed, 'have').length;
  let stored = 1;
  for (let asked = driver.asked(seed); asked.length === driver.asked(seed).length; stored++) store(asked[stored]);
  expect(driver.sent(other, 'have')).toHaveLength(stored);
  expect(driver.sent(seed, 'have').length).toBeGreaterThan(told);
  store(driver.asked(seed)[stored]);
  driver.pass(1000);
  expect(driver.sent(seed, 'have')).toHaveLength(stored + 1);
});
