import { sql, type ColumnType, type Generated, type Kysely, type Selectable } from 'kysely';
import type { SourceRef } from '../../domain/job.ts';
import type { Came } from './bring-source.ts';
import type { Db, Transaction } from '../../store/transaction.ts';
import type { PublishedRendition } from './playlists.ts';
import type { ReadyState } from './states.ts';

export type Stage = 'source' | 'index' | 'ladder' | 'ended';

type JobsTable = {
  task_id: string;
  ordinal: Generated<number>;
  /** Below the source root; of a URL its scheme, host and port. */
  src_path: string;
  /** Sealed. */
  src_url: string | null;
  fetch_tries: Generated<number>;
  fetched_bytes: Generated<number>;
  fetch_size_bytes: number | null;
  dst_path: string;
  anime_id: string | null;
  episode_code: string | null;
  ladder: string[];
  upscale: 'lanczos' | 'never';
  callback_url: string | null;
  idempotency_key: string | null;
  request_hash: string | null;
  stage: Generated<Stage>;
  claimed_by: string | null;
  claimed_until: Date | null;
  source: ColumnType<SourceRef | null, string | null, string | null>;
  index_job_id: string | null;
  thumbnails: Generated<'wanted' | 'ready' | 'failed' | null>;
  thumbnails_job_id: Generated<string | null>;
  error: string | null;
  created_at: ColumnType<Date, never, never>;
};

type RenditionsTable = {
  task_id: string;
  rendition: string;
  position: number;
  width: number;
  height: number;
  job_id: string | null;
  log: Generated<string>;
  state: ReadyState | null;
  is_published: Generated<boolean>;
  catalogue_at: Date | null;
  catalogue_tries: Generated<number>;
};

type PublishedTable = {
  dst_path: string;
  rendition: string;
  task_id: string;
  job_id: string | null;
  facts: ColumnType<PublishedRendition, string, string>;
};

type NamesTable = {
  dst_path: string;
  name: string;
  task_id: string;
  /** They go with that job of the grid. */
  job_id: string | null;
  sha256: string;
  bucket: string | null;
  object_key: string | null;
  body: string | null;
};

/** A type and not an interface: kysely's withTables asks for an index signature, which only types have. */
export type Tables = {
  anime_jobs: JobsTable;
  anime_renditions: RenditionsTable;
  anime_published: PublishedTable;
  anime_names: NamesTable;
};

export type JobRow = Selectable<JobsTable>;
export type RenditionRow = Selectable<RenditionsTable>;
export type NameRow = Selectable<NamesTable>;

/** This dialect's tables, in a transaction or not. */
export function tables(db: Db | Transaction): Kysely<Tables> {
  return db.withTables<Tables>() as unknown as Kysely<Tables>;
}

export interface NewJob {
  readonly taskId: string;
  readonly srcPath: string;
  /** Sealed. */
  readonly srcUrl?: string;
  readonly dstPath: string;
  readonly episode?: { readonly animeId: string; readonly code: string };
  readonly ladder: readonly string[];
  readonly upscale: 'lanczos' | 'never';
  readonly callbackUrl?: string;
  readonly thumbnails?: boolean;
  readonly idempotency?: { readonly key: string; readonly hash: string };
}

export interface NewRendition {
  readonly rendition: string;
  readonly position: number;
  readonly width: number;
  readonly height: number;
  readonly job_id: string | null;
  readonly state: ReadyState | null;
  readonly log: string;
}

export interface Ready {
  readonly taskId: string;
  readonly rendition: string;
  readonly state: ReadyState;
  readonly log: string;
}

/** A page of the list, newest first. */
export interface ListPage {
  readonly limit: number;
  /** Those created before this one. */
  readonly before?: string;
}

/** Rows of create calls and their renditions. */
export class JobStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#db.transaction().execute(work);
  }

  async insert(job: NewJob, tx: Transaction): Promise<void> {
    await tables(tx)
      .insertInto('anime_jobs')
      .values({
        task_id: job.taskId,
        src_path: job.srcPath,
        src_url: job.srcUrl ?? null,
        dst_path: job.dstPath,
        anime_id: job.episode?.animeId ?? null,
        episode_code: job.episode?.code ?? null,
        ladder: [...job.ladder],
        upscale: job.upscale,
        callback_url: job.callbackUrl ?? null,
        thumbnails: job.thumbnails === true ? 'wanted' : null,
        idempotency_key: job.idempotency?.key ?? null,
        request_hash: job.idempotency?.hash ?? null,
      })
      .execute();
  }

  /** What a key stands for, until the end of the transaction for nobody else: the create call of the last 24 hours. */
  async lockIdempotency(
    key: string,
    tx: Transaction,
  ): Promise<{ taskId: string; hash: string | null } | undefined> {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`anime idempotency ${key}`}, 0))`.execute(tx);
    const row = await tables(tx)
      .selectFrom('anime_jobs')
      .select(['task_id', 'request_hash'])
      .where('idempotency_key', '=', key)
      .where('created_at', '>', sql<Date>`now() - interval '24 hours'`)
      .executeTakeFirst();
    return row && { taskId: row.task_id, hash: row.request_hash };
  }

  find(taskId: string, tx?: Transaction): Promise<JobRow | undefined> {
    return tables(tx ?? this.#db)
      .selectFrom('anime_jobs')
      .selectAll()
      .where('task_id', '=', taskId)
      .executeTakeFirst();
  }

  /** Until the end of the transaction nobody else changes the row or its renditions. */
  lock(taskId: string, tx: Transaction): Promise<JobRow | undefined> {
    return tables(tx)
      .selectFrom('anime_jobs')
      .selectAll()
      .where('task_id', '=', taskId)
      .forUpdate()
      .executeTakeFirst();
  }

  /** In the order of the ladder. */
  renditions(taskId: string, tx?: Transaction): Promise<RenditionRow[]> {
    return tables(tx ?? this.#db)
      .selectFrom('anime_renditions')
      .selectAll()
      .where('task_id', '=', taskId)
      .orderBy('position')
      .execute();
  }

  list({ limit, before }: ListPage): Promise<(JobRow & { states: (ReadyState | null)[] })[]> {
    const db = tables(this.#db);
    let query = db
      .selectFrom('anime_jobs')
      .selectAll()
      .select(
        sql<(ReadyState | null)[]>`array(
          select r.state from anime_renditions r where r.task_id = anime_jobs.task_id)`.as('states'),
      )
      .orderBy('ordinal', 'desc')
      .limit(limit);
    if (before !== undefined) {
      const ordinal = db.selectFrom('anime_jobs').select('ordinal').where('task_id', '=', before);
      query = query.where('ordinal', '<', ordinal);
    }
    return query.execute();
  }

  /** The create call that a job of the grid is for, as its index or as a rendition. */
  async ofGridJob(jobId: string): Promise<string | undefined> {
    const { rows } = await sql<{ task_id: string }>`
      select task_id from anime_jobs where index_job_id = ${jobId}::uuid or thumbnails_job_id = ${jobId}::uuid
      union all
      select task_id from anime_renditions where job_id = ${jobId}::uuid
      union all
      select task_id from anime_sounds where job_id = ${jobId}::uuid
      union all
      select task_id from anime_subtitles where job_id = ${jobId}::uuid`.execute(this.#db);
    return rows[0]?.task_id;
  }

  /** All that have not ended, oldest first. */
  async open(): Promise<string[]> {
    const rows = await tables(this.#db)
      .selectFrom('anime_jobs')
      .select('task_id')
      .where('stage', '<>', 'ended')
      .orderBy('ordinal')
      .execute();
    return rows.map((row) => row.task_id);
  }

  /** The source of the job is this process's to bring for `forS` seconds; false: another one's, or no longer wanted. */
  async claim(
    taskId: string,
    { by, forS, came }: { by: string; forS: number; came: Readonly<Came> },
  ): Promise<boolean> {
    const { rows } = await sql`
      update anime_jobs set claimed_by = ${by}, claimed_until = now() + ${forS} * interval '1 second',
        fetched_bytes = ${came.bytes}, fetch_size_bytes = ${came.sizeBytes}
      where task_id = ${taskId}::uuid and stage = 'source'
        and (claimed_until is null or claimed_until < now() or claimed_by = ${by})
      returning 1`.execute(this.#db);
    return rows.length > 0;
  }

  /** Whoever likes may bring the source now. */
  async release(taskId: string, by: string): Promise<void> {
    await tables(this.#db)
      .updateTable('anime_jobs')
      .set({ claimed_by: null, claimed_until: null })
      .where('task_id', '=', taskId)
      .where('claimed_by', '=', by)
      .where('stage', '=', 'source')
      .execute();
  }

  /** One more try had no luck: nobody makes the next for so long. */
  async postponeSource(taskId: string, forS: number): Promise<void> {
    await sql`
      update anime_jobs set fetch_tries = fetch_tries + 1, claimed_by = null,
        claimed_until = now() + ${forS} * interval '1 second'
      where task_id = ${taskId}::uuid and stage = 'source'`.execute(this.#db);
  }

  /** Jobs whose source nobody brings. */
  async unclaimed(): Promise<string[]> {
    const { rows } = await sql<{ task_id: string }>`
      select task_id from anime_jobs
      where stage = 'source' and (claimed_until is null or claimed_until < now())
      order by ordinal limit 100`.execute(this.#db);
    return rows.map((row) => row.task_id);
  }

  async setIndex(
    tx: Transaction,
    { taskId, source, jobId }: { taskId: string; source: SourceRef; jobId: string },
  ): Promise<void> {
    await tables(tx)
      .updateTable('anime_jobs')
      .set({ stage: 'index', source: JSON.stringify(source), index_job_id: jobId })
      .where('task_id', '=', taskId)
      .execute();
  }

  async setLadder(tx: Transaction, taskId: string): Promise<void> {
    await tables(tx)
      .updateTable('anime_jobs')
      .set({ stage: 'ladder' })
      .where('task_id', '=', taskId)
      .execute();
  }

  async setThumbnails(
    tx: Transaction,
    taskId: string,
    change: Partial<Pick<JobRow, 'thumbnails' | 'thumbnails_job_id'>>,
  ): Promise<void> {
    await tables(tx).updateTable('anime_jobs').set(change).where('task_id', '=', taskId).execute();
  }

  async setError(tx: Transaction, taskId: string, error: string): Promise<void> {
    await tables(tx).updateTable('anime_jobs').set({ error }).where('task_id', '=', taskId).execute();
  }

  async setEnded(tx: Transaction, taskId: string): Promise<void> {
    await tables(tx)
      .updateTable('anime_jobs')
      .set({ stage: 'ended' })
      .where('task_id', '=', taskId)
      .execute();
  }

  /** Ended jobs of which a copy of the source may be left. */
  withLeftSource(): Promise<Pick<JobRow, 'task_id' | 'source' | 'src_url'>[]> {
    return tables(this.#db)
      .selectFrom('anime_jobs')
      .select(['task_id', 'source', 'src_url'])
      .where('stage', '=', 'ended')
      .where((is) => is.or([is('source', 'is not', null), is('src_url', 'is not', null)]))
      .orderBy('ordinal')
      .limit(100)
      .execute();
  }

  async forgetSource(taskId: string): Promise<void> {
    await tables(this.#db)
      .updateTable('anime_jobs')
      .set({ source: null, src_url: null })
      .where('task_id', '=', taskId)
      .execute();
  }

  /** Ended jobs that had renditions and have an index still, though all of the renditions' jobs are removed. */
  async withoutRenditions(): Promise<string[]> {
    const { rows } = await sql<{ task_id: string }>`
      select task_id from anime_jobs j
      where stage = 'ended' and index_job_id is not null and error is null and not exists (
        select 1 from anime_renditions r where r.task_id = j.task_id and r.job_id is not null)`.execute(
      this.#db,
    );
    return rows.map((row) => row.task_id);
  }

  async forgetIndex(tx: Transaction, taskId: string): Promise<void> {
    await tables(tx)
      .updateTable('anime_jobs')
      .set({ index_job_id: null })
      .where('task_id', '=', taskId)
      .execute();
  }

  /** Jobs with a rendition, tracks of sound, subtitles or thumbnails whose job was removed before it was ready. */
  async withLostRendition(): Promise<string[]> {
    const { rows } = await sql<{ task_id: string }>`
      select task_id from anime_renditions where job_id is null and state is null
      union
      select task_id from anime_sounds where job_id is null and state is null
      union
      select task_id from anime_subtitles where job_id is null and state is null
      union
      select task_id from anime_jobs
      where stage = 'ladder' and thumbnails = 'wanted' and thumbnails_job_id is null`.execute(this.#db);
    return rows.map((row) => row.task_id);
  }

  async addRenditions(tx: Transaction, taskId: string, renditions: readonly NewRendition[]): Promise<void> {
    await tables(tx)
      .insertInto('anime_renditions')
      .values(renditions.map((rendition) => ({ task_id: taskId, ...rendition })))
      .execute();
  }

  /** The last word on a rendition. */
  async setReady(tx: Transaction, { taskId, rendition, state, log }: Ready): Promise<void> {
    await tables(tx)
      .updateTable('anime_renditions')
      .set({ state, log, catalogue_at: null })
      .where('task_id', '=', taskId)
      .where('rendition', '=', rendition)
      .execute();
  }

  /** Its files have their names; the catalogue is to be told at once. */
  async setPublished(
    tx: Transaction,
    { taskId, rendition, log, tellsCatalogue }: Omit<Ready, 'state'> & { tellsCatalogue: boolean },
  ): Promise<void> {
    await tables(tx)
      .updateTable('anime_renditions')
      .set({ is_published: true, log, catalogue_at: tellsCatalogue ? sql<Date>`now()` : null })
      .where('task_id', '=', taskId)
      .where('rendition', '=', rendition)
      .execute();
  }

  /** Renditions that the catalogue is to be told of now, each another try; again in `forS` seconds if nothing is said. */
  async takeDue(forS: number): Promise<RenditionRow[]> {
    const { rows } = await sql<RenditionRow>`
      update anime_renditions r
      set catalogue_at = now() + ${forS} * interval '1 second', catalogue_tries = catalogue_tries + 1
      from (
        select task_id, rendition from anime_renditions where catalogue_at <= now()
        order by catalogue_at limit 20 for update skip locked
      ) due
      where r.task_id = due.task_id and r.rendition = due.rendition
      returning r.*`.execute(this.#db);
    return rows;
  }

  async postpone({ task_id: taskId, rendition }: RenditionRow, forS: number): Promise<void> {
    await tables(this.#db)
      .updateTable('anime_renditions')
      .set({ catalogue_at: sql<Date>`now() + ${forS} * interval '1 second'` })
      .where('task_id', '=', taskId)
      .where('rendition', '=', rendition)
      .where('state', 'is', null)
      .execute();
  }
}
