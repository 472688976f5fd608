// Random swarms in which sessions read instead of downloading all: they hold no more than their window, read the truth in order, promise
// nothing to others, and come to the end, whatever the others do. `EFFUSION_SIM_SEED=123` replays one, `EFFUSION_SIM_SEEDS=5000` runs more.

import { expect, test } from 'vitest';
import { drawReadingScenario, Swarm } from '../support/sim/scenario.js';

const TIME_LIMIT_MS = 2 * 60 * 60_000;
const only = process.env['EFFUSION_SIM_SEED'];
const count = Number(process.env['EFFUSION_SIM_SEEDS'] ?? 200);
const seeds = only === undefined ? Array.from({ length: count }, (_, seed) => seed) : [Number(only)];

function failureOf(seed: number): string | null {
  try {
    const swarm = new Swarm(drawReadingScenario(seed));
    swarm.run(TIME_LIMIT_MS);
    return null;
  } catch (error) {
    return `EFFUSION_SIM_SEED=${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

test(`${seeds.length} random swarms with readers keep the rules and come to the end`, { timeout: 30 * 60_000 }, () => {
  expect(seeds.map(failureOf).filter((failure) => failure !== null)).toEqual([]);
});
