import { expect, test } from 'vitest';
import { optionsOf } from './options.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

/** `SIM_SCHEDULES` runs more of them, for instance over a night. */
const SCHEDULES = Number(process.env['SIM_SCHEDULES'] ?? 200);

test(`${SCHEDULES} schedules of faults break no rule`, async () => {
  let steps = 0;
  const ends = new Map<string, number>();
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const options = optionsOf(seed);
    const outcome = await simulate(options);
    steps += outcome.steps;
    for (const state of outcome.states) ends.set(state, (ends.get(state) ?? 0) + 1);
    if (outcome.violation === undefined) continue;
    const least = JSON.stringify(await shrink(options, outcome));
    expect.fail(`seed ${seed}: ${outcome.violation.message}; npm run sim -- --trace --options '${least}'`);
  }
  expect(steps).toBeGreaterThan(100 * SCHEDULES);
  expect(ends.get('succeeded')).toBeGreaterThan(SCHEDULES / 2);
}, 600_000);

test('the same seed tells the same story', async () => {
  for (const seed of [1, 2, 3, 4]) {
    const first = await simulate(optionsOf(seed), { trace: true });
    expect(first.story.length).toBeGreaterThan(20);
    expect(await simulate(optionsOf(seed), { trace: true })).toEqual(first);
  }
}, 120_000);
