import { sql } from 'kysely';
import type { Db, Transaction } from '../../store/transaction.ts';
import type { SoundTrack } from './sounds.ts';

/** Further tracks of sound of one create call, all made by one job of the grid. */
export interface SoundRow {
  readonly task_id: string;
  readonly dst_path: string;
  readonly job_id: string | null;
  readonly tracks: readonly SoundTrack[];
  readonly state: 'published' | 'failed' | 'replaced' | null;
}

/** Rows of further tracks of sound. */
export class SoundStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async insert(
    tx: Transaction,
    {
      taskId,
      dstPath,
      jobId,
      tracks,
    }: { taskId: string; dstPath: string; jobId: string; tracks: readonly SoundTrack[] },
  ): Promise<void> {
    await sql`
      insert into anime_sounds (task_id, dst_path, job_id, tracks)
      values (${taskId}::uuid, ${dstPath}, ${jobId}::uuid, ${JSON.stringify(tracks)}::jsonb)`.execute(tx);
  }

  async find(taskId: string, tx?: Transaction): Promise<SoundRow | undefined> {
    const { rows } = await sql<SoundRow>`
      select * from anime_sounds where task_id = ${taskId}::uuid`.execute(tx ?? this.#db);
    return rows[0];
  }

  /** The last word on them, unless there is one. */
  async setReady(tx: Transaction, taskId: string, state: 'published' | 'failed'): Promise<void> {
    await sql`
      update anime_sounds set state = ${state} where task_id = ${taskId}::uuid and state is null`.execute(tx);
  }

  /** What other calls have in the folder is not listed there any more. */
  async replaceOthers(tx: Transaction, dstPath: string, taskId: string): Promise<void> {
    await sql`
      update anime_sounds set state = 'replaced'
      where dst_path = ${dstPath} and state = 'published' and task_id <> ${taskId}::uuid`.execute(tx);
  }

  /** What the master of the folder lists. */
  async published(dstPath: string): Promise<readonly SoundTrack[]> {
    const { rows } = await sql<{ tracks: readonly SoundTrack[] }>`
      select tracks from anime_sounds
      where dst_path = ${dstPath} and state = 'published' and job_id is not null limit 1`.execute(this.#db);
    return rows[0]?.tracks ?? [];
  }
}
