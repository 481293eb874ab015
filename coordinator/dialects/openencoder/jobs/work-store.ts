import { sql } from 'kysely';
import type { Db, Transaction } from '../../../store/transaction.ts';
import { WAITING, type Status } from './job-status.ts';
import { tables, type JobRow } from './job-store.ts';

/** How long a coordinator that works on a job is trusted without saying so again. */
const CLAIM = sql<Date>`now() + interval '15 seconds'`;
const ENDED: readonly Status[] = ['completed', 'error', 'cancelled'];
const ACTIVE: readonly Status[] = ['downloading', 'probing', 'encoding', 'uploading'];

/** One revision of a job in the hands of one coordinator. */
export type Claim = Pick<JobRow, 'job_id' | 'revision' | 'status'>;

/** A name in a bucket that a revision wrote, or was about to. */
export interface Output {
  readonly job_id: number;
  readonly revision: number;
  readonly bucket: string;
  readonly object_key: string;
}

/** What makes jobs go on. Each change holds only for the revision and the status that it was made for. */
export class WorkStore {
  readonly #db: Db;
  readonly #me: string;

  /** `me` is a UUID of this process. */
  constructor(db: Db, me: string) {
    this.#db = db;
    this.#me = me;
  }

  /** Jobs that are neither waiting nor over, oldest first. */
  active(): Promise<JobRow[]> {
    return tables(this.#db)
      .selectFrom('openencoder_jobs')
      .selectAll()
      .where('status', 'in', ACTIVE)
      .orderBy('job_id')
      .execute();
  }

  async anyWaits(): Promise<boolean> {
    const row = await tables(this.#db)
      .selectFrom('openencoder_jobs')
      .select('job_id')
      .where('status', 'in', WAITING)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Takes the oldest job that waits. */
  claimNext(): Promise<JobRow | undefined> {
    return tables(this.#db)
      .updateTable('openencoder_jobs')
      .set({ status: 'downloading', progress: 0, claimed_by: this.#me, claimed_until: CLAIM })
      .where('job_id', '=', (eb) =>
        eb
          .selectFrom('openencoder_jobs')
          .select('job_id')
          .where('status', 'in', WAITING)
          .orderBy('job_id')
          .limit(1)
          .forUpdate()
          .skipLocked(),
      )
      .returningAll()
      .executeTakeFirst();
  }

  /** Takes a step that nobody is at. */
  async claim(row: Claim): Promise<JobRow | undefined> {
    return this.#mine(row)
      .set({ claimed_by: this.#me, claimed_until: CLAIM })
      .where((eb) =>
        eb.or([
          eb('claimed_by', 'is', null),
          eb('claimed_by', '=', this.#me),
          eb('claimed_until', '<', sql<Date>`now()`),
        ]),
      )
      .returningAll()
      .executeTakeFirst();
  }

  /** Says that the step goes on, and how far it is; false: it is somebody else's now, or the job is over. */
  async renew(row: Claim, progress: number): Promise<boolean> {
    const renewed = await this.#mine(row)
      .set({ claimed_until: CLAIM, progress: sql<number>`greatest(progress, ${progress})` })
      .where('claimed_by', '=', this.#me)
      .returning('job_id')
      .executeTakeFirst();
    return renewed !== undefined;
  }

  /** Changes a job that is still at that revision and status; false: it is not. */
  async set(row: Claim, changes: Partial<JobRow>, tx?: Transaction): Promise<boolean> {
    const changed = await this.#mine(row, tx).set(changes).returning('job_id').executeTakeFirst();
    return changed !== undefined;
  }

  /** The next job of the grid for the same revision; false: it has got another one already. */
  async replaceGridJob(
    row: Claim & Pick<JobRow, 'grid_job_id'>,
    gridJobId: string,
    tx: Transaction,
  ): Promise<boolean> {
    const changed = await this.#mine(row, tx)
      .set({ grid_job_id: gridJobId })
      .where('grid_job_id', '=', row.grid_job_id)
      .returning('job_id')
      .executeTakeFirst();
    return changed !== undefined;
  }

  /** As `set`, while the claim is ours. */
  async finish(row: Claim, changes: Partial<JobRow>, tx?: Transaction): Promise<boolean> {
    const changed = await this.#mine(row, tx)
      .set({ ...changes, claimed_by: null, claimed_until: null })
      .where('claimed_by', '=', this.#me)
      .returning('job_id')
      .executeTakeFirst();
    return changed !== undefined;
  }

  /** Gives all steps of this process to whoever wants them. */
  async releaseAll(): Promise<void> {
    await tables(this.#db)
      .updateTable('openencoder_jobs')
      .set({ claimed_by: null, claimed_until: null })
      .where('claimed_by', '=', this.#me)
      .execute();
  }

  /**
   * Where the source of a claimed step is about to be copied to; the copy of an earlier try becomes garbage with that. False:
   * the step is not ours any more.
   */
  async setStaged({ job_id, revision, status }: Claim, key: string): Promise<boolean> {
    const { rows } = await sql`
      with was as (
        select job_id, staged_key from openencoder_jobs
        where job_id = ${job_id} and revision = ${revision} and status = ${status} and claimed_by = ${this.#me}::uuid
        for update),
      old as (
        insert into openencoder_garbage (object_key) select staged_key from was where staged_key is not null
        on conflict do nothing)
      update openencoder_jobs j set staged_key = ${key} from was where j.job_id = was.job_id returning 1`.execute(
      this.#db,
    );
    return rows.length > 0;
  }

  async garbage(limit: number): Promise<string[]> {
    const rows = await tables(this.#db)
      .selectFrom('openencoder_garbage')
      .select('object_key')
      .limit(limit)
      .execute();
    return rows.map((row) => row.object_key);
  }

  async forgetGarbage(keys: readonly string[]): Promise<void> {
    await tables(this.#db).deleteFrom('openencoder_garbage').where('object_key', 'in', keys).execute();
  }

  /** Sources of jobs that are over become garbage. */
  async dropStaged(): Promise<void> {
    await sql`
      with over as (
        update openencoder_jobs j set staged_key = null
        from (select job_id, staged_key from openencoder_jobs
              where staged_key is not null and status in (${sql.join(ENDED)}) for update skip locked) was
        where j.job_id = was.job_id returning was.staged_key)
      insert into openencoder_garbage (object_key) select staged_key from over on conflict do nothing`.execute(
      this.#db,
    );
  }

  /** Written down before they are written, so that nothing is left of a revision that did not come to its end. */
  async addOutputs(outputs: readonly Output[]): Promise<void> {
    await tables(this.#db)
      .insertInto('openencoder_outputs')
      .values(outputs.map((output) => ({ ...output })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  /** Of revisions that are over without having been completed; `jobId`: of that job only. */
  async lostOutputs(limit: number, jobId?: number): Promise<Output[]> {
    let query = tables(this.#db)
      .selectFrom('openencoder_outputs as o')
      .innerJoin('openencoder_jobs as j', 'j.job_id', 'o.job_id')
      .select(['o.job_id', 'o.revision', 'o.bucket', 'o.object_key'])
      .where((eb) =>
        eb.or([
          eb('o.revision', '<', eb.ref('j.revision')),
          eb('j.status', 'in', ['cancelled', 'error'] satisfies Status[]),
        ]),
      )
      .limit(limit);
    if (jobId !== undefined) query = query.where('o.job_id', '=', jobId);
    return query.execute();
  }

  /**
   * Outputs that were written after their revision had ended: they may have been removed, and forgotten, before they were
   * written. Not where a later revision has got as far as writing, perhaps under the same names.
   */
  async addLost(outputs: readonly Output[]): Promise<void> {
    const [first] = outputs;
    if (first === undefined) return;
    const { job_id, revision, bucket } = first;
    await sql`
      insert into openencoder_outputs (job_id, revision, bucket, object_key)
      select j.job_id, ${revision}, ${bucket}, key
      from openencoder_jobs j, unnest(${outputs.map((output) => output.object_key)}::text[]) as k (key)
      where j.job_id = ${job_id} and (
        (j.revision = ${revision} and j.status in ('cancelled', 'error'))
        or (j.revision > ${revision} and j.status not in ('uploading', 'completed')))
      on conflict do nothing`.execute(this.#db);
  }

  /** One that was removed: a revision may have more than are removed at once. */
  async forgetOutput({ job_id, revision, object_key }: Output): Promise<void> {
    await tables(this.#db)
      .deleteFrom('openencoder_outputs')
      .where('job_id', '=', job_id)
      .where('revision', '=', revision)
      .where('object_key', '=', object_key)
      .execute();
  }

  async forgetOutputs(
    { job_id, revision }: Pick<Output, 'job_id' | 'revision'>,
    tx?: Transaction,
  ): Promise<void> {
    await tables(tx ?? this.#db)
      .deleteFrom('openencoder_outputs')
      .where('job_id', '=', job_id)
      .where('revision', '=', revision)
      .execute();
  }

  #mine({ job_id, revision, status }: Claim, tx?: Transaction) {
    return tables(tx ?? this.#db)
      .updateTable('openencoder_jobs')
      .where('job_id', '=', job_id)
      .where('revision', '=', revision)
      .where('status', '=', status);
  }
}
