import { expect, test } from 'vitest';
import { Batcher } from '../../../../coordinator/grid/batcher.ts';
import { systemClock, type Clock } from '../../../../shared/clock.ts';
import { GridError } from '../../../../shared/errors.ts';

const LIMITS = { batch: 4, waiting: 6, apartMs: 0, clock: systemClock };

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

test('what comes right after a flush waits for company, what comes after a quiet time does not', async () => {
  let nowMs = 0;
  let wakeUp: (() => void) | undefined;
  const slept: number[] = [];
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => nowMs,
    async sleep(delayMs) {
      slept.push(delayMs);
      await new Promise<void>((resolve) => (wakeUp = resolve));
      nowMs += delayMs;
    },
  };
  const batches: number[][] = [];
  const batcher = new Batcher<number, number>({ ...LIMITS, apartMs: 10, clock }, async (items) => {
    batches.push([...items]);
    return items;
  });
  await batcher.add(1);
  expect(slept).toEqual([]);
  nowMs = 4;
  const [second, third] = [batcher.add(2), batcher.add(3)];
  await expect.poll(() => wakeUp).toBeDefined();
  const fourth = batcher.add(4);
  wakeUp?.();
  await Promise.all([second, third, fourth]);
  nowMs += 10;
  await batcher.add(5);
  expect(slept).toEqual([6]);
  expect(batches).toEqual([[1], [2, 3, 4], [5]]);
});

test('a full batch waits for nothing', async () => {
  const clock: Clock = { ...systemClock, sleep: () => Promise.reject(new Error('slept')) };
  const batcher = new Batcher<number, number>({ ...LIMITS, apartMs: 60_000, clock }, async (items) => items);
  expect(await Promise.all([1, 2, 3, 4].map((item) => batcher.add(item)))).toEqual([1, 2, 3, 4]);
  expect(await Promise.all([5, 6, 7, 8].map((item) => batcher.add(item)))).toEqual([5, 6, 7, 8]);
});
