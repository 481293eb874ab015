import { expect, test } from 'vitest';
import { HAPPENINGS } from './happenings.ts';
import { runMany } from './many.ts';
import { RULES, type Rule } from './rules.ts';

/** `SIM_SCHEDULES` runs more of them, for instance over a night. */
const SCHEDULES = Number(process.env['SIM_SCHEDULES'] ?? 10_000);
/** Test files of their own, so that each has a core. */
const SHARES = 2;
/** From so many on, everything must have happened that can. */
const ENOUGH = 4_000;
/** Statements that change something: a coordinator must have died before and after each of them. */
const STATEMENTS = [
  'submit',
  'grant',
  'commit',
  'fail',
  'renew',
  'seen',
  'register',
  'adopt',
  'shorten',
  'disconnect',
  'expire',
  'revokeDrained',
  'drain',
  'undrain',
  'cancel',
  'retry',
  'redoClip',
];

/** Tests one share of the schedules: seeds `first`, `first + 2`, ... */
export function testSchedules(first: 1 | 2): void {
  const count = Math.ceil(SCHEDULES / SHARES);
  test(`${count} of ${SCHEDULES} schedules of faults break no rule, and everything went wrong in them`, async () => {
    const { broken, ...sum } = await runMany({ first, count, step: SHARES });
    if (broken) {
      const again = `npm run sim -- --trace --options '${JSON.stringify(broken.least)}'`;
      expect.fail(`seed ${broken.seed}: ${broken.message}; ${again}`);
    }
    expect(sum.schedules).toBe(count);
    expect(sum.steps).toBeGreaterThan(100 * count);
    expect(sum.states['succeeded']).toBeGreaterThan(count / 2);
    if (count < ENOUGH) return;
    expect(HAPPENINGS.filter((name) => (sum.happened[name] ?? 0) === 0)).toEqual([]);
    const crashes = STATEMENTS.flatMap((statement) => [`before ${statement}`, `after ${statement}`]);
    expect(crashes.filter((name) => (sum.crashes[name] ?? 0) === 0)).toEqual([]);
    expect((Object.keys(RULES) as Rule[]).filter((rule) => (sum.asked[rule] ?? 0) === 0)).toEqual([]);
    expect(Object.keys(sum.states).toSorted()).toEqual(['cancelled', 'failed', 'succeeded']);
  }, 600_000);
}
