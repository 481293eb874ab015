import { sql } from 'kysely';
import type { Transaction } from '../../../store/transaction.ts';
import type { DialectParts } from '../../dialect.ts';
import { removeGridJob } from './lifecycle.ts';
import { tables } from './job-store.ts';

/** As long as failed jobs keep their segments for whoever looks into them, and no longer: their bytes are stored twice. */
const SHOWN = sql<Date>`now() - interval '24 hours'`;

/** Leaves a job of the grid to those who look at it there. Its Open Encoder job has ended, and names it no more. */
export async function showEnded(jobId: number, gridJobId: string, tx: Transaction): Promise<void> {
  await tables(tx)
    .insertInto('openencoder_ended_jobs')
    .values({ job_id: jobId, grid_job_id: gridJobId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Removes those that were shown long enough, at most `limit`. */
export async function removeEnded(parts: Pick<DialectParts, 'db' | 'grid'>, limit: number): Promise<void> {
  const rows = await tables(parts.db)
    .selectFrom('openencoder_ended_jobs')
    .select('grid_job_id')
    .where('ended_at', '<', SHOWN)
    .limit(limit)
    .execute();
  for (const { grid_job_id: jobId } of rows) {
    await parts.db.transaction().execute(async (tx) => {
      await removeGridJob(parts, jobId, tx);
      await tables(tx).deleteFrom('openencoder_ended_jobs').where('grid_job_id', '=', jobId).execute();
    });
  }
}
