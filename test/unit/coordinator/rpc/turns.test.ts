import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from '../../../../coordinator/rpc/turns.ts';

test('so many at once, then one for each that leaves, in order', async () => {
  const turns = new Turns(2);
  const inside = new Map<number, () => void>();
  for (let i = 0; i < 5; i++) void turns.enter().then((leave) => inside.set(i, leave));
  await nextTurn();
  expect([...inside.keys()]).toEqual([0, 1]);
  inside.get(1)?.();
  inside.get(1)?.();
  await nextTurn();
  expect([...inside.keys()]).toEqual([0, 1, 2]);
  for (const i of [0, 2]) inside.get(i)?.();
  await nextTurn();
  expect([...inside.keys()]).toEqual([0, 1, 2, 3, 4]);
  for (const i of [3, 4]) inside.get(i)?.();
  await turns.enter();
  await turns.enter();
  const third = turns.enter();
  expect(await Promise.race([third, nextTurn('waits')])).toBe('waits');
});
