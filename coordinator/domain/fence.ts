import { GridError } from '../../shared/errors.ts';
import { isUuid } from '../../shared/ids.ts';
import type { Fence } from './task.ts';

/** The largest whole number of the database's int. */
export const MAX_INT4 = 2 ** 31 - 1;

/** One text for one lease. */
export function fenceKey({ taskId, epoch, leaseId }: Fence): string {
  return `${taskId}/${epoch}/${leaseId}`;
}

/**
 * A fence as an agent sent it. One that cannot be a fence is `invalid_argument` before it joins a batch: there it would
 * spoil the statement for all others.
 */
export function checkFence(fence: Fence | undefined): Fence {
  if (fence === undefined) throw new GridError('invalid_argument', 'the message has no fence');
  const { taskId, epoch, leaseId } = fence;
  if (isUuid(taskId) && isUuid(leaseId) && Number.isInteger(epoch) && epoch >= 0 && epoch <= MAX_INT4) {
    return { taskId, epoch, leaseId };
  }
  throw new GridError(
    'invalid_argument',
    `${JSON.stringify({ taskId, epoch, leaseId })} is no fence: task_id and lease_id are lower-case UUIDs`,
    { details: { field: 'fence', value: { taskId, epoch, leaseId } } },
  );
}
