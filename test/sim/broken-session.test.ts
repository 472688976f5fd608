// The simulator itself: a session that is broken on purpose must be caught, each time by the rule that it breaks.

import { afterEach, describe, expect, test, vi } from 'vitest';
import { RequestQueue } from '../../src/session/request-queue.js';
import { OpenPiece } from '../../src/session/open-piece.js';
import { PeerBook } from '../../src/session/peer-book.js';
import { PiecePicker } from '../../src/session/piece-picker.js';
import type { SessionAction } from '../../src/session/actions.js';
import { drawScenario, Swarm } from '../support/sim/scenario.js';
import { SimBudget } from '../support/sim/sim-budget.js';
import { Violation } from '../support/sim/violation.js';

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);
const TIME_LIMIT_MS = 30 * 60_000;

/** Begun pieces with blocks are seldom given up: more swarms, for that to happen in several. */
const MORE_SEEDS = Array.from({ length: 150 }, (_, i) => 60 + i);

/** The rules that sixty random swarms, or others, find broken. */
function brokenRules(sabotage?: (action: SessionAction) => SessionAction | null, seeds = SEEDS): Set<string> {
  const rules = new Set<string>();
  for (const seed of seeds) {
    const scenario = drawScenario(seed);
    try {
      new Swarm(sabotage === undefined ? scenario : { ...scenario, sabotage }).run(TIME_LIMIT_MS);
    } catch (error) {
      rules.add(error instanceof Violation ? error.rule : String(error));
    }
  }
  return rules;
}

afterEach(() => {
  vi.restoreAllMocks();
});

test('a whole session breaks no rule', () => {
  expect(brokenRules()).toEqual(new Set());
});

describe('a session is caught', () => {
  test('that does not send cancels', () => {
    const rules = brokenRules((action) => (action.type === 'send' && action.message.type === 'cancel' ? null : action));
    expect(rules).toContain('requests agree with what was said on the wire');
  });

  test('that loses a slot: never takes a lease back', () => {
    expect(brokenRules((action) => (action.type === 'revoke-lease' ? null : action))).toContain(
      'nobody writes what is not wanted of it',
    );
  });

  test('that does not say interested', () => {
    const rules = brokenRules((action) => (action.type === 'send' && action.message.type === 'interested' ? null : action));
    expect(rules).toContain('only who is interested asks');
  });

  test('that forgets to give pieces up on the disk', () => {
    expect(brokenRules((action) => (action.type === 'discard-piece' ? null : action), MORE_SEEDS)).toContain(
      'what is given up leaves the memory',
    );
  });

  test('that does not give memory back', () => {
    vi.spyOn(SimBudget.prototype, 'release').mockImplementation(() => {});
    expect(brokenRules()).toContain('open pieces and nothing else hold the budget');
  });

  test('that does not free the blocks of a lost peer', () => {
    vi.spyOn(OpenPiece.prototype, 'unask').mockReturnValue(false);
    expect(brokenRules()).toContain('the askers of blocks are the requests of peers');
  });

  test('that does not notice silence', () => {
    vi.spyOn(RequestQueue.prototype, 'checkSnubbed').mockReturnValue(false);
    vi.spyOn(OpenPiece.prototype, 'copies').mockReturnValue(2);
    expect(brokenRules().size).toBeGreaterThan(0);
  });

  test('that dials banned addresses', () => {
    vi.spyOn(PeerBook.prototype, 'ban').mockImplementation(() => {});
    expect(brokenRules()).toContain('a banned address is never dialled');
  });

  test('that loses count of what peers have', () => {
    vi.spyOn(PiecePicker.prototype, 'removeHave').mockImplementation(() => {});
    expect(brokenRules()).toContain('availability is counted');
  });
});
