import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turnstile } from '../../../shared/turnstile.ts';

/** Goes in through a turnstile and stays until it is told to leave. `inside`: who is in, in the order of their coming in. */
function visitors(turnstile: Turnstile) {
  const inside: number[] = [];
  const leaves = new Map<number, () => void>();
  const come = (i: number, signal?: AbortSignal): Promise<void> =>
    turnstile.run(() => {
      inside.push(i);
      return new Promise<void>((resolve) => leaves.set(i, resolve));
    }, signal);
  const leave = async (...who: number[]): Promise<void> => {
    for (const i of who) leaves.get(i)?.();
    await nextTurn();
  };
  return { inside, come, leave };
}

test('so many at once, then one for each that leaves, in order', async () => {
  const { inside, come, leave } = visitors(new Turnstile({ atOnce: 2, waiting: 10, of: 'tests' }));
  const all = [0, 1, 2, 3, 4].map((i) => come(i));
  await nextTurn();
  expect(inside).toEqual([0, 1]);
  await leave(1);
  expect(inside).toEqual([0, 1, 2]);
  await leave(0, 2);
  expect(inside).toEqual([0, 1, 2, 3, 4]);
  await leave(3, 4);
  await Promise.all(all);
  const more = [5, 6, 7].map((i) => come(i));
  await nextTurn();
  expect(inside.slice(5)).toEqual([5, 6]);
  await leave(5, 6);
  await leave(7);
  await Promise.all(more);
});

test('a failure makes room, too', async () => {
  const turnstile = new Turnstile({ atOnce: 1, waiting: 10, of: 'tests' });
  await expect(turnstile.run(() => Promise.reject(new Error('it broke')))).rejects.toThrow('it broke');
  expect(await turnstile.run(async () => 'in')).toBe('in');
});

test('who waits may leave by a signal, and the next one comes in; more than may wait are refused', async () => {
  const { inside, come, leave } = visitors(new Turnstile({ atOnce: 1, waiting: 2, of: 'tests' }));
  const first = come(0);
  const leaving = new AbortController();
  const gone = come(1, leaving.signal);
  const last = come(2);
  await expect(come(3)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/too many tests at once/) as string,
  });
  leaving.abort();
  await expect(gone).rejects.toMatchObject({ code: 'cancelled' });
  await leave(0);
  await leave(2);
  await Promise.all([first, last]);
  expect(inside).toEqual([0, 2]);
});
