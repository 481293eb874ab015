import { expect, test } from 'vitest';
import { optionsOf } from '../options.ts';
import { simulate } from '../simulate.ts';
import { BUGS } from './bugs.ts';

/** A fifth of what a run of the tests has: the same seeds break no rule where nothing is planted. */
const SEEDS = 2_000;

test.each(BUGS)(
  'finds that $name',
  async ({ breaks, ...mutation }) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violation } = await simulate(optionsOf(seed), { mutation });
      if (violation) return expect(breaks, violation.message).toContain(violation.rule);
    }
    expect.fail(`${SEEDS} schedules did not find it`);
  },
  120_000,
);
