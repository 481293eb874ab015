import { sql } from 'kysely';
import type { ObjectRef } from '../../objects/object-store.ts';
import type { Db, Transaction } from '../../store/transaction.ts';
import type { PublishedRendition } from './playlists.ts';
import { tables, type NameRow } from './store.ts';

/** A file to be published: an object of the grid, or a text. */
export interface NamedFile {
  readonly name: string;
  readonly sha256: string;
  readonly content: ObjectRef | string;
}

/** Public folders: which name shows which bytes, and which renditions the master lists. */
export class NameStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  find(dstPath: string, name: string): Promise<NameRow | undefined> {
    return tables(this.#db)
      .selectFrom('anime_names')
      .selectAll()
      .where('dst_path', '=', dstPath)
      .where('name', '=', name)
      .executeTakeFirst();
  }

  /** Until the end of the transaction nobody else publishes in the folder. */
  async lock(dstPath: string, tx: Transaction): Promise<void> {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`anime folder ${dstPath}`}, 0))`.execute(tx);
  }

  /** Puts a rendition in the place of what the folder had of that key. Resolves to all that the folder has now. */
  async setRendition(
    tx: Transaction,
    { taskId, dstPath, facts }: { taskId: string; dstPath: string; facts: PublishedRendition },
  ): Promise<PublishedRendition[]> {
    const text = JSON.stringify(facts);
    await tables(tx)
      .insertInto('anime_published')
      .values({ dst_path: dstPath, rendition: facts.key, task_id: taskId, facts: text })
      .onConflict((conflict) =>
        conflict.columns(['dst_path', 'rendition']).doUpdateSet({ task_id: taskId, facts: text }),
      )
      .execute();
    const rows = await tables(tx)
      .selectFrom('anime_published')
      .select('facts')
      .where('dst_path', '=', dstPath)
      .execute();
    return rows.map((row) => row.facts);
  }

  /**
   * Names files anew. Names that an earlier, longer rendition had beyond these stay, so that who reads its playlist still
   * finds all that it lists.
   */
  async setFiles(
    tx: Transaction,
    { taskId, dstPath, files }: { taskId: string; dstPath: string; files: readonly NamedFile[] },
  ): Promise<void> {
    const rows = files.map(({ name, sha256, content }) => ({
      name,
      sha256,
      bucket: typeof content === 'string' ? null : content.bucket,
      object_key: typeof content === 'string' ? null : content.key,
      body: typeof content === 'string' ? content : null,
    }));
    // One JSON text: an hour of film has 720 files.
    await sql`
      insert into anime_names (dst_path, task_id, name, sha256, bucket, object_key, body)
      select ${dstPath}, ${taskId}::uuid, f.name, f.sha256, f.bucket, f.object_key, f.body
      from json_to_recordset(${JSON.stringify(rows)}::json)
        as f (name text, sha256 text, bucket text, object_key text, body text)
      on conflict (dst_path, name) do update set
        task_id = excluded.task_id, sha256 = excluded.sha256, bucket = excluded.bucket,
        object_key = excluded.object_key, body = excluded.body`.execute(tx);
  }
}
