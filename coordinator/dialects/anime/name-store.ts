import { createHash } from 'node:crypto';
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

/** A file of its own text. */
export function textFile(name: string, text: string): NamedFile {
  return { name, content: text, sha256: createHash('sha256').update(text).digest('hex') };
}

/** Where something is published, and the job of the grid with which it goes. */
export interface Publication {
  readonly taskId: string;
  readonly jobId: string;
  readonly dstPath: string;
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

  /** Puts a rendition in the place of what the folder had of that key. */
  async setRendition(
    tx: Transaction,
    { taskId, jobId, dstPath, facts }: Publication & { facts: PublishedRendition },
  ): Promise<void> {
    const now = { task_id: taskId, job_id: jobId, facts: JSON.stringify(facts) };
    await tables(tx)
      .insertInto('anime_published')
      .values({ dst_path: dstPath, rendition: facts.key, ...now })
      .onConflict((conflict) => conflict.columns(['dst_path', 'rendition']).doUpdateSet(now))
      .execute();
  }

  /** What the master of the folder lists. */
  async renditions(dstPath: string): Promise<PublishedRendition[]> {
    const rows = await tables(this.#db)
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
    { taskId, jobId, dstPath, files }: Publication & { files: readonly NamedFile[] },
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
      insert into anime_names (dst_path, task_id, job_id, name, sha256, bucket, object_key, body)
      select ${dstPath}, ${taskId}::uuid, ${jobId}::uuid, f.name, f.sha256, f.bucket, f.object_key, f.body
      from json_to_recordset(${JSON.stringify(rows)}::json)
        as f (name text, sha256 text, bucket text, object_key text, body text)
      on conflict (dst_path, name) do update set
        task_id = excluded.task_id, job_id = excluded.job_id, sha256 = excluded.sha256, bucket = excluded.bucket,
        object_key = excluded.object_key, body = excluded.body`.execute(tx);
  }
}
