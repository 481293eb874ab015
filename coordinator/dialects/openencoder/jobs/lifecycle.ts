import { sql } from 'kysely';
import { GridError } from '../../../../shared/errors.ts';
import { indexOfSpec } from '../../../domain/named-index.ts';
import type { Transaction } from '../../../store/transaction.ts';
import type { DialectParts } from '../../dialect.ts';
import { failure, unknown } from '../errors.ts';
import { ENDED } from './job-status.ts';
import { tables, type JobRow, type JobStore } from './job-store.ts';

/** Removes a job of the grid with all that it holds, and the index that it was made from. Another API may have been faster. */
export async function removeGridJob(
  { grid }: Pick<DialectParts, 'grid'>,
  jobId: string,
  tx: Transaction,
): Promise<void> {
  try {
    const { spec } = await grid.jobs.get(jobId, undefined, tx);
    const indexOf = indexOfSpec(spec);
    await grid.jobs.remove(jobId, undefined, tx);
    if (indexOf !== undefined) await removeGridJob({ grid }, indexOf, tx);
  } catch (error) {
    if (!(error instanceof GridError) || error.code !== 'not_found') throw error;
  }
}

/** What people ask of a job: cancelled, or once more. Each is one transaction with the grid's job. */
export class Lifecycle {
  readonly #parts: DialectParts;
  readonly #jobs: JobStore;
  /** Called when there may be something to do. */
  #onChange: () => void = () => undefined;

  constructor(parts: DialectParts, jobs: JobStore) {
    this.#parts = parts;
    this.#jobs = jobs;
  }

  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  wake(): void {
    this.#onChange();
  }

  /** Ends an active job; one that is cancelled stays so. */
  cancel(id: number): Promise<JobRow> {
    return this.#change(id, async (row, tx) => {
      if (row.status === 'cancelled') return row;
      if (ENDED.has(row.status)) throw failure(409, `job ${id} has ended already: it is ${row.status}`);
      // Its tasks are revoked with it; the outputs are removed by whoever was writing them, or by the follower.
      if (row.grid_job_id !== null) await removeGridJob(this.#parts, row.grid_job_id, tx);
      return this.#set(id, tx, { status: 'cancelled', grid_job_id: null, claimed_by: null });
    });
  }

  /** A new revision of a job that has ended: nothing of the old one can write any more. */
  restart(id: number): Promise<JobRow> {
    return this.#change(id, async (row, tx) => {
      if (!ENDED.has(row.status)) throw failure(409, `job ${id} is ${row.status}: cancel it first`);
      if (row.grid_job_id !== null) await removeGridJob(this.#parts, row.grid_job_id, tx);
      if (row.staged_key !== null)
        await tables(tx)
          .insertInto('openencoder_garbage')
          .values({ object_key: row.staged_key })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      return this.#set(id, tx, {
        status: 'restarting',
        revision: row.revision + 1,
        grid_job_id: null,
        staged_key: null,
        probe: '{}',
        options: '{}',
        progress: 0,
        speed: null,
        fps: 0,
        eta_s: null,
        clips_total: 0,
        clips_done: 0,
        error: null,
        error_log: '',
        claimed_by: null,
      });
    });
  }

  async #change(id: number, change: Change): Promise<JobRow> {
    const row = await this.#parts.db.transaction().execute(async (tx) => {
      const locked = await this.#jobs.lock(id, tx);
      if (locked === undefined) throw unknown('Job');
      return change(locked, tx);
    });
    this.wake();
    return row;
  }

  async #set(id: number, tx: Transaction, changes: Partial<JobRow>): Promise<JobRow> {
    return tables(tx)
      .updateTable('openencoder_jobs')
      .set({ ...changes, waits_since: sql<Date>`now()` })
      .where('job_id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
  }
}

type Change = (row: JobRow, tx: Transaction) => Promise<JobRow>;
