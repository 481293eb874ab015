import { expect, test } from 'vitest';
import { runMany } from './many.ts';
import { optionsOf } from './options.ts';
import { BUGS } from './planted/bugs.ts';
import { simulate } from './simulate.ts';

test('the same seed tells the same story', async () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const first = await simulate(optionsOf(seed), { trace: true });
    expect(first.story.length).toBeGreaterThan(20);
    expect(await simulate(optionsOf(seed), { trace: true })).toEqual(first);
  }
});

test('a failing schedule is shrunk to the least one that breaks the same rule', async () => {
  const bug = BUGS.find(({ name }) => name === 'the merge is made twice')!;
  const { broken } = await runMany({ first: 1, count: 100, step: 1 }, bug);
  expect(broken).toMatchObject({
    rule: 'L10',
    least: { seed: broken?.seed, agents: 1, coordinators: 1, jobs: 1, clips: 1, faults: [] },
  });
  const again = await simulate(broken!.least, { mutation: bug });
  expect(again.violation?.message).toBe(broken?.message);
});

test('what needs a fault keeps it when it is shrunk', async () => {
  const bug = BUGS.find(({ name }) => name === 'a drained agent is granted work')!;
  const { broken } = await runMany({ first: 1, count: 500, step: 1 }, bug);
  const { faults } = optionsOf(broken!.seed);
  expect(broken?.rule).toBe('drained');
  expect(broken?.least.faults).toContain('drain');
  expect(broken?.least.faults.length).toBeLessThan(faults.length);
});
