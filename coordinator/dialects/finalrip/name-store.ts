import { sql } from 'kysely';
import type { Db, Transaction } from '../../store/transaction.ts';
import { tables } from './store.ts';

export interface Garbage {
  readonly ownerId: string;
  readonly root: string;
  readonly bucket: string;
  readonly keys: readonly string[];
}

/** Rows about names: the lock of a family of names, what is to be removed, and which keys were cleared when. */
export class NameStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#db.transaction().execute(work);
  }

  /** Until the end of the transaction nobody else, in any process, has the names of that root; copies take their time. */
  async lock(tx: Transaction, ownerId: string, root: string): Promise<void> {
    const text = JSON.stringify(['finalrip', ownerId, root]);
    await sql`select pg_advisory_xact_lock(hashtextextended(${text}, 0)),
      set_config('idle_in_transaction_session_timeout', '0', true)`.execute(tx);
  }

  async addGarbage(tx: Transaction, { ownerId, root, bucket, keys }: Garbage): Promise<void> {
    if (keys.length === 0) return;
    await tables(tx)
      .insertInto('finalrip_garbage')
      .values({ owner_id: ownerId, root, bucket, object_keys: [...keys] })
      .execute();
  }

  async garbage(
    tx: Transaction,
    ownerId: string,
    root: string,
  ): Promise<{ id: number; bucket: string; keys: string[] }[]> {
    const rows = await tables(tx)
      .selectFrom('finalrip_garbage')
      .select(['garbage_id', 'bucket', 'object_keys'])
      .where('owner_id', '=', ownerId)
      .where('root', '=', root)
      .execute();
    return rows.map((row) => ({ id: row.garbage_id, bucket: row.bucket, keys: row.object_keys }));
  }

  async dropGarbage(tx: Transaction, ids: readonly number[]): Promise<void> {
    await tables(tx).deleteFrom('finalrip_garbage').where('garbage_id', 'in', ids).execute();
  }

  /** Families of names with something to remove. */
  async littered(limit: number): Promise<{ ownerId: string; root: string }[]> {
    const rows = await tables(this.#db)
      .selectFrom('finalrip_garbage')
      .select(['owner_id', 'root'])
      .distinct()
      .limit(limit)
      .execute();
    return rows.map((row) => ({ ownerId: row.owner_id, root: row.root }));
  }

  /** Which of the names some task of the owner still uses: as its source, or as a published output. */
  async inUse(tx: Transaction, ownerId: string, names: readonly string[]): Promise<Set<string>> {
    const { rows } = await sql<{ name: string }>`
      select video_key as name from finalrip_tasks
      where owner_id = ${ownerId} and video_key = any(${[...names]}::text[])
      union
      select p.object_key from finalrip_published p join finalrip_tasks t using (task_id)
      where t.owner_id = ${ownerId} and p.object_key = any(${[...names]}::text[])`.execute(tx);
    return new Set(rows.map((row) => row.name));
  }

  /** How many clears there have been so far, of all keys. */
  async clears(tx: Transaction): Promise<number> {
    const { rows } = await sql<{ clears: number }>`
      select case when is_called then last_value else 0 end as clears from finalrip_clears`.execute(tx);
    return rows[0]?.clears ?? 0;
  }

  async setCleared(tx: Transaction, ownerId: string, videoKey: string): Promise<void> {
    await sql`
      insert into finalrip_cleared (owner_id, video_key, ordinal)
      values (${ownerId}, ${videoKey}, nextval('finalrip_clears'))
      on conflict (owner_id, video_key) do update set ordinal = excluded.ordinal, cleared_at = now()`.execute(
      tx,
    );
  }

  /** Whether the key was cleared after there had been `clears`. */
  async clearedSince(
    key: { ownerId: string; videoKey: string; clears: number },
    tx?: Transaction,
  ): Promise<boolean> {
    const row = await tables(tx ?? this.#db)
      .selectFrom('finalrip_cleared')
      .select('ordinal')
      .where('owner_id', '=', key.ownerId)
      .where('video_key', '=', key.videoKey)
      .where('ordinal', '>', key.clears)
      .executeTakeFirst();
    return row !== undefined;
  }

  async pruneCleared(olderThanS: number): Promise<void> {
    await sql`
      delete from finalrip_cleared where cleared_at < now() - ${olderThanS} * interval '1 second'`.execute(
      this.#db,
    );
  }

  /** Which of these objects of the staging bucket a task has pinned. */
  async pinned(keys: readonly string[]): Promise<Set<string>> {
    if (keys.length === 0) return new Set();
    const rows = await tables(this.#db)
      .selectFrom('finalrip_tasks')
      .select('pinned_key')
      .where('pinned_key', 'in', keys)
      .execute();
    return new Set(rows.flatMap((row) => row.pinned_key ?? []));
  }
}
