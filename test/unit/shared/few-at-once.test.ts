import { expect, test } from 'vitest';
import { fewAtOnce } from '../../../shared/few-at-once.ts';

test('every item is worked on once, no more than the limit at a time, and results keep their order', async () => {
  let running = 0;
  let most = 0;
  const results = await fewAtOnce([30, 1, 20, 2, 10], 2, async (value, position) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < value; turn++) await Promise.resolve();
    running--;
    return `${position}:${value}`;
  });
  expect(results).toEqual(['0:30', '1:1', '2:20', '3:2', '4:10']);
  expect(most).toBe(2);
});

test('a failure is thrown after what was running, and nothing more is started', async () => {
  const started: number[] = [];
  const work = fewAtOnce([1, 2, 3, 4, 5], 2, async (value) => {
    started.push(value);
    await Promise.resolve();
    if (value === 2) throw new Error('two');
  });
  await expect(work).rejects.toThrow('two');
  expect(started).toEqual([1, 2, 3]);
});

test('no items are no work', async () => {
  expect(await fewAtOnce([], 4, () => Promise.reject(new Error('never')))).toEqual([]);
});
