// Random swarms in which every leecher chooses files and an order of its own: nothing that was not chosen is ever asked for, of peers or of
// web seeds, and each ends with exactly the pieces it chose. `EFFUSION_SIM_SEED=123` replays one, `EFFUSION_SIM_SEEDS=5000` runs more.

import { expect, test } from 'vitest';
import { drawChoosingScenario, Swarm } from '../support/sim/scenario.js';

const TIME_LIMIT_MS = 30 * 60_000;
const only = process.env['EFFUSION_SIM_SEED'];
const count = Number(process.env['EFFUSION_SIM_SEEDS'] ?? 400);
const seeds = only === undefined ? Array.from({ length: count }, (_, seed) => seed) : [Number(only)];

function failureOf(seed: number): string | null {
  try {
    new Swarm(drawChoosingScenario(seed)).run(TIME_LIMIT_MS);
    return null;
  } catch (error) {
    return `EFFUSION_SIM_SEED=${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

test(`${seeds.length} random swarms that choose keep the rules and get what they chose`, { timeout: 30 * 60_000 }, () => {
  expect(seeds.map(failureOf).filter((failure) => failure !== null)).toEqual([]);
});
