import { sql, type ColumnType, type Generated, type Kysely, type Selectable } from 'kysely';
import type { Db, Transaction } from '../../store/transaction.ts';

type TasksTable = {
  task_id: string;
  owner_id: string;
  video_key: string;
  ordinal: Generated<number>;
  job_id: string | null;
  encode_param: Generated<string>;
  script: Generated<string>;
  created_at: ColumnType<Date, Date | undefined, Date>;
  pinned_key: string | null;
};

type PublishedTable = {
  task_id: string;
  object_key: string;
  sha256: string;
};

type GarbageTable = {
  garbage_id: Generated<number>;
  owner_id: string;
  root: string;
  bucket: string;
  object_keys: string[];
};

type ClearedTable = {
  owner_id: string;
  video_key: string;
  ordinal: number;
  cleared_at: ColumnType<Date, Date | undefined, Date>;
};

type SecretTable = {
  only_row: Generated<boolean>;
  secret: string;
};

/** A type and not an interface: kysely's withTables asks for an index signature, which only types have. */
export type Tables = {
  finalrip_tasks: TasksTable;
  finalrip_published: PublishedTable;
  finalrip_garbage: GarbageTable;
  finalrip_cleared: ClearedTable;
  finalrip_secret: SecretTable;
};

/** A FinalRip task; `job_id` is null while it is pending. */
export type TaskRow = Selectable<TasksTable>;

/** This dialect's tables, in a transaction or not. */
export function tables(db: Db | Transaction): Kysely<Tables> {
  return db.withTables<Tables>() as unknown as Kysely<Tables>;
}

export interface Published {
  readonly taskId: string;
  readonly key: string;
  readonly sha256: string;
}

/** FinalRip's own rows. Those of a job are the grid's; both change in one transaction. */
export class FinalripStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** False: there is one already; of N concurrent calls exactly one is true. */
  async create(
    tx: Transaction,
    task: { taskId: string; ownerId: string; videoKey: string },
  ): Promise<boolean> {
    const row = await tables(tx)
      .insertInto('finalrip_tasks')
      .values({ task_id: task.taskId, owner_id: task.ownerId, video_key: task.videoKey })
      .onConflict((conflict) => conflict.columns(['owner_id', 'video_key']).doNothing())
      .returning('task_id')
      .executeTakeFirst();
    return row !== undefined;
  }

  find(ownerId: string, videoKey: string, tx?: Transaction): Promise<TaskRow | undefined> {
    return tables(tx ?? this.#db)
      .selectFrom('finalrip_tasks')
      .selectAll()
      .where('owner_id', '=', ownerId)
      .where('video_key', '=', videoKey)
      .executeTakeFirst();
  }

  byId(taskId: string): Promise<TaskRow | undefined> {
    return tables(this.#db)
      .selectFrom('finalrip_tasks')
      .selectAll()
      .where('task_id', '=', taskId)
      .executeTakeFirst();
  }

  byJob(jobId: string): Promise<TaskRow | undefined> {
    return tables(this.#db)
      .selectFrom('finalrip_tasks')
      .selectAll()
      .where('job_id', '=', jobId)
      .executeTakeFirst();
  }

  /** Ids of all jobs that tasks have, of every owner. */
  async jobIds(): Promise<string[]> {
    const rows = await tables(this.#db)
      .selectFrom('finalrip_tasks')
      .select('job_id')
      .where('job_id', 'is not', null)
      .execute();
    return rows.flatMap((row) => row.job_id ?? []);
  }

  /** Newest first; of equal creation times the last inserted one. */
  list(ownerId: string, contains: string): Promise<TaskRow[]> {
    let query = tables(this.#db).selectFrom('finalrip_tasks').selectAll().where('owner_id', '=', ownerId);
    if (contains !== '')
      query = query.where((eb) => eb(eb.fn('strpos', ['video_key', eb.val(contains)]), '>', 0));
    return query.orderBy('created_at', 'desc').orderBy('ordinal', 'desc').execute();
  }

  async setStarted(
    tx: Transaction,
    task: { taskId: string; jobId: string; encodeParam: string; script: string; pinnedKey: string | null },
  ): Promise<void> {
    await tables(tx)
      .updateTable('finalrip_tasks')
      .set({
        job_id: task.jobId,
        encode_param: task.encodeParam,
        script: task.script,
        pinned_key: task.pinnedKey,
      })
      .where('task_id', '=', task.taskId)
      .execute();
  }

  /** Its published names go with it. */
  async remove(tx: Transaction, taskId: string): Promise<void> {
    await tables(tx).deleteFrom('finalrip_tasks').where('task_id', '=', taskId).execute();
  }

  /** Public names of a task and the sha256 of the bytes that they hold. */
  async published(taskId: string, tx?: Transaction): Promise<ReadonlyMap<string, string>> {
    // One JSON text: the driver takes ten times as long for as many rows.
    const { rows } = await sql<{ names: [string, string][] | null }>`
      select json_agg(json_build_array(object_key, sha256)) as names
      from finalrip_published where task_id = ${taskId}::uuid`.execute(tx ?? this.#db);
    return new Map(rows[0]?.names);
  }

  async publishedAs(tx: Transaction, taskId: string, key: string): Promise<string | undefined> {
    const row = await tables(tx)
      .selectFrom('finalrip_published')
      .select('sha256')
      .where('task_id', '=', taskId)
      .where('object_key', '=', key)
      .executeTakeFirst();
    return row?.sha256;
  }

  /** Of each task of an owner: the sha256 that the name of its result holds. */
  async publishedResults(ownerId: string): Promise<ReadonlyMap<string, string>> {
    const { rows } = await sql<{ task_id: string; sha256: string }>`
      select task_id, p.sha256 from finalrip_published p join finalrip_tasks t using (task_id)
      where t.owner_id = ${ownerId} and p.object_key = t.video_key || '-Encoded.mkv'`.execute(this.#db);
    return new Map(rows.map((row) => [row.task_id, row.sha256]));
  }

  async setPublished(tx: Transaction, { taskId, key, sha256 }: Published): Promise<void> {
    await tables(tx)
      .insertInto('finalrip_published')
      .values({ task_id: taskId, object_key: key, sha256 })
      .onConflict((conflict) => conflict.columns(['task_id', 'object_key']).doUpdateSet({ sha256 }))
      .execute();
  }

  /** From now on the names are not shown; without `keys` all of the task. */
  async unpublish(tx: Transaction, taskId: string, keys?: readonly string[]): Promise<void> {
    let query = tables(tx).deleteFrom('finalrip_published').where('task_id', '=', taskId);
    if (keys !== undefined) query = query.where('object_key', 'in', keys);
    await query.execute();
  }

  /** The secret of all coordinators on this database; `fresh` becomes it when there is none yet. */
  async secret(fresh: string): Promise<string> {
    const db = tables(this.#db);
    await db
      .insertInto('finalrip_secret')
      .values({ secret: fresh })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await db.selectFrom('finalrip_secret').select('secret').executeTakeFirstOrThrow();
    return row.secret;
  }
}
