import { expect, test } from 'vitest';
import { Batcher } from '../../../../coordinator/grid/batcher.ts';
import { GridError } from '../../../../shared/errors.ts';

const LIMITS = { batch: 4, waiting: 6 };

test('calls of one tick are one batch, and a batch has a limit', async () => {
  const batches: number[][] = [];
  const batcher = new Batcher<number, number>(LIMITS, async (items) => {
    batches.push([...items]);
    return items.map((item) => item * 10);
  });
  expect(await Promise.all([1, 2, 3, 4, 5].map((item) => batcher.add(item)))).toEqual([10, 20, 30, 40, 50]);
  expect(batches).toEqual([[1, 2, 3, 4], [5]]);
});

test('L9 what waits has a limit: more is refused with an error that passes by itself', async () => {
  const batcher = new Batcher<number, number>(LIMITS, async (items) => items);
  const adds = Array.from({ length: LIMITS.waiting + 2 }, (_, i) => batcher.add(i));
  const results = await Promise.allSettled(adds);
  expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(LIMITS.waiting);
  const refused = results.find((one) => one.status === 'rejected');
  expect(refused?.reason).toMatchObject({ code: 'resource_exhausted', retryable: true });
  expect(await batcher.add(7)).toBe(7);
});

test('one item that the database refuses does not fail its neighbours', async () => {
  const batcher = new Batcher<string, string>(LIMITS, async (items) => {
    if (items.includes('bad')) throw new Error('invalid input syntax');
    return items;
  });
  const results = await Promise.allSettled(['a', 'bad', 'c', 'd'].map((item) => batcher.add(item)));
  expect(results.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});

test('a database that does not answer is asked once for the whole batch', async () => {
  let asked = 0;
  const batcher = new Batcher<number, number>(LIMITS, async () => {
    asked++;
    throw new GridError('unavailable', 'down');
  });
  const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
  expect(results.every((one) => one.status === 'rejected')).toBe(true);
  expect(asked).toBe(1);
});
