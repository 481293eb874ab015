import { toGridError } from '../../../shared/errors.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { Context } from './context.ts';
import { giveUpLadder } from './ending.ts';
import { passes } from './source.ts';
import type { JobRow, Stage } from './store.ts';

/** Runs under the row's lock, unless somebody was faster. */
export function inStage<T>(
  { store }: Context,
  { task_id: taskId, stage }: { task_id: string; stage: Stage },
  work: (tx: Transaction, job: JobRow) => Promise<T>,
): Promise<T | undefined> {
  return store.transaction(async (tx) => {
    const job = await store.lock(taskId, tx);
    return job?.stage === stage ? work(tx, job) : undefined;
  });
}

/** The end of a call that has no renditions yet. */
export function giveUp(
  context: Context,
  row: JobRow,
  why: { state: 'FAILURE' | 'REVOKED'; error: string; log?: string },
): Promise<void> {
  return inStage(context, row, (tx, job) => giveUpLadder(context, tx, { job, ...why }));
}

/** What does not pass by itself is the end of the job. */
export async function orGiveUp(context: Context, row: JobRow, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (passes(error)) throw error;
    await giveUp(context, row, { state: 'FAILURE', error: toGridError(error).message });
  }
}
