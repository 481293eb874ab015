import { expect, test } from 'vitest';
import { optionsOf } from '../options.ts';
import { simulate } from '../simulate.ts';
import { BUGS } from './bugs.ts';

/** The simulation itself has the same seeds without a bug: what is found here is the bug. */
const SEEDS = 150;

test.each(BUGS)(
  'finds that $name',
  async ({ plant }) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violation } = await simulate(optionsOf(seed), { plant });
      if (violation) return;
    }
    expect.fail(`${SEEDS} schedules did not find it`);
  },
  120_000,
);
