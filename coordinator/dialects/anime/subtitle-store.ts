import { sql } from 'kysely';
import type { Db, Transaction } from '../../store/transaction.ts';
import type { SubtitleTrack } from './subtitles.ts';

/** Text subtitles of one create call, all made by one job of the grid. */
export interface SubtitleRow {
  readonly task_id: string;
  /** Null once the job is removed. */
  readonly job_id: string | null;
  readonly tracks: readonly SubtitleTrack[];
  readonly state: 'published' | 'failed' | 'replaced' | null;
}

/** Rows of text subtitles. */
export class SubtitleStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async insert(
    tx: Transaction,
    row: { taskId: string; dstPath: string; jobId: string; tracks: readonly SubtitleTrack[] },
  ): Promise<void> {
    await sql`
      insert into anime_subtitles (task_id, dst_path, job_id, tracks)
      values (${row.taskId}::uuid, ${row.dstPath}, ${row.jobId}::uuid, ${JSON.stringify(row.tracks)}::jsonb)`.execute(
      tx,
    );
  }

  async find(taskId: string, tx?: Transaction): Promise<SubtitleRow | undefined> {
    const { rows } = await sql<SubtitleRow>`
      select task_id, job_id, tracks, state from anime_subtitles where task_id = ${taskId}::uuid`.execute(
      tx ?? this.#db,
    );
    return rows[0];
  }

  /** The last word on them, unless there is one. */
  async setReady(tx: Transaction, taskId: string, state: 'published' | 'failed'): Promise<void> {
    await sql`
      update anime_subtitles set state = ${state} where task_id = ${taskId}::uuid and state is null`.execute(
      tx,
    );
  }

  /** What other calls have in the folder is not listed there any more. */
  async replaceOthers(tx: Transaction, dstPath: string, taskId: string): Promise<void> {
    await sql`
      update anime_subtitles set state = 'replaced'
      where dst_path = ${dstPath} and state = 'published' and task_id <> ${taskId}::uuid`.execute(tx);
  }

  /** What the master of the folder lists. */
  async published(dstPath: string): Promise<readonly SubtitleTrack[]> {
    const { rows } = await sql<{ tracks: readonly SubtitleTrack[] }>`
      select tracks from anime_subtitles
      where dst_path = ${dstPath} and state = 'published' and job_id is not null limit 1`.execute(this.#db);
    return rows[0]?.tracks ?? [];
  }
}
