import { sql } from 'kysely';
import { SWEPT_LATELY_MS } from '../../domain/sweep.ts';
import type { TaskKind } from '../../domain/task.ts';
import { unableFailure } from '../../domain/waiting.ts';
import type { WaitLimit } from '../lease-store.ts';
import type { Db } from '../transaction.ts';
import { giveUp, lockJobOf } from './give-up.ts';

interface WaitingTask {
  readonly task_id: string;
  readonly job_id: string;
  readonly kind: TaskKind;
  readonly clip_index: number;
  readonly epoch: number;
  readonly requires: string[];
}

/**
 * L15: ends tasks that wait for somebody who is never there. Whoever was seen within the limit may come back; after an
 * outage, or a jump of the clock, the time begins anew, because agents could not be seen (L12): the next sweep says so.
 */
export async function giveUpWaiting(db: Db, { maxWaitMs, limit }: WaitLimit): Promise<number> {
  const { rows } = await sql<WaitingTask>`
    with bound as (
      select now() - ${maxWaitMs} * interval '1 millisecond' as since from sweeper
      where held_until < now() - ${maxWaitMs} * interval '1 millisecond'
        and swept_at > now() - ${SWEPT_LATELY_MS} * interval '1 millisecond'
    )
    select distinct on (t.job_id) t.task_id, t.job_id, t.kind, t.clip_index, t.epoch, t.requires
    from tasks t, bound b
    where t.state = 'ready' and t.ready_at < b.since and not exists (
      select 1 from agents a where t.requires <@ a.capabilities and a.last_seen_at > b.since)
    order by t.job_id, t.clip_index limit ${limit}`.execute(db);
  let ended = 0;
  for (const task of rows) if (await giveUpOne(db, task, maxWaitMs)) ended++;
  return ended;
}

/** False: somebody took it, or ended it, meanwhile. */
async function giveUpOne(db: Db, task: WaitingTask, maxWaitMs: number): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await lockJobOf(tx, task.task_id);
    const { rows } = await sql`
      select 1 from tasks where task_id = ${task.task_id}::uuid and state = 'ready' and epoch = ${task.epoch}
      for update`.execute(tx);
    if (rows.length === 0) return false;
    const { task_id: taskId, job_id: jobId, kind, clip_index: clipIndex, requires } = task;
    await giveUp(tx, { taskId, jobId, kind }, unableFailure({ kind, clipIndex, requires }, maxWaitMs));
    return true;
  });
}
