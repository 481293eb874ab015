import type { ColumnType, Generated, Kysely, Selectable, Transaction as KyselyTransaction } from 'kysely';
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
};

type PublishedTable = {
  task_id: string;
  object_key: string;
  sha256: string;
};

// A type and not an interface: kysely's withTables asks for an index signature, which only types have.
type Tables = {
  finalrip_tasks: TasksTable;
  finalrip_published: PublishedTable;
};

/** A FinalRip task; `job_id` is null while it is pending. */
export type TaskRow = Selectable<TasksTable>;

type Inside = { readonly tx?: Transaction };

/** FinalRip's own rows. Those of a job are the grid's; both change in one transaction. */
export class FinalripStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  #tables(tx?: Transaction): Kysely<Tables> | KyselyTransaction<Tables> {
    return (tx ?? this.#db).withTables<Tables>() as unknown as Kysely<Tables>;
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#db.transaction().execute(work);
  }

  /** False: there is one already; of N concurrent calls exactly one is true. */
  async create(task: { taskId: string; ownerId: string; videoKey: string }): Promise<boolean> {
    const row = await this.#tables()
      .insertInto('finalrip_tasks')
      .values({ task_id: task.taskId, owner_id: task.ownerId, video_key: task.videoKey, job_id: null })
      .onConflict((conflict) => conflict.columns(['owner_id', 'video_key']).doNothing())
      .returning('task_id')
      .executeTakeFirst();
    return row !== undefined;
  }

  /** With `tx` the row is locked until its end. */
  async find(ownerId: string, videoKey: string, { tx }: Inside = {}): Promise<TaskRow | undefined> {
    const query = this.#tables(tx)
      .selectFrom('finalrip_tasks')
      .selectAll()
      .where('owner_id', '=', ownerId)
      .where('video_key', '=', videoKey);
    return tx ? query.forUpdate().executeTakeFirst() : query.executeTakeFirst();
  }

  /** Newest first; of equal creation times the last inserted one. */
  async list(ownerId: string, contains: string): Promise<TaskRow[]> {
    let query = this.#tables().selectFrom('finalrip_tasks').selectAll().where('owner_id', '=', ownerId);
    if (contains !== '')
      query = query.where((eb) => eb(eb.fn('strpos', ['video_key', eb.val(contains)]), '>', 0));
    return query.orderBy('created_at', 'desc').orderBy('ordinal', 'desc').execute();
  }

  async setStarted(
    tx: Transaction,
    task: { taskId: string; jobId: string; encodeParam: string; script: string },
  ): Promise<void> {
    await this.#tables(tx)
      .updateTable('finalrip_tasks')
      .set({ job_id: task.jobId, encode_param: task.encodeParam, script: task.script })
      .where('task_id', '=', task.taskId)
      .execute();
  }

  async remove(tx: Transaction, taskId: string): Promise<void> {
    await this.#tables(tx).deleteFrom('finalrip_tasks').where('task_id', '=', taskId).execute();
  }

  /** Public names of a task and the bytes that they hold. */
  async published(taskId: string): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#tables()
      .selectFrom('finalrip_published')
      .select(['object_key', 'sha256'])
      .where('task_id', '=', taskId)
      .execute();
    return new Map(rows.map((row) => [row.object_key, row.sha256]));
  }

  async setPublished(published: { taskId: string; key: string; sha256: string }): Promise<void> {
    await this.#tables()
      .insertInto('finalrip_published')
      .values({ task_id: published.taskId, object_key: published.key, sha256: published.sha256 })
      .onConflict((conflict) =>
        conflict.columns(['task_id', 'object_key']).doUpdateSet({ sha256: published.sha256 }),
      )
      .execute();
  }
}
