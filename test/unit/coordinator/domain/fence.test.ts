import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkFence } from '../../../../coordinator/domain/fence.ts';

const good = { taskId: randomUUID(), epoch: 3, leaseId: randomUUID() };

test('L2 a fence is what it says, without anything else that came with it', () => {
  expect(checkFence({ ...good, more: 1 } as typeof good)).toEqual(good);
});

test.each([
  ['none', undefined],
  ['a task id that is none', { ...good, taskId: "'; drop table tasks" }],
  ['a lease id that is none', { ...good, leaseId: '' }],
  ['an epoch beyond the database', { ...good, epoch: 2 ** 32 - 1 }],
])('L9 %s is refused before it joins a batch with others', (_, fence) => {
  expect(() => checkFence(fence)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
});
