import { sql } from 'kysely';
import type { Failure } from '../../domain/job.ts';
import { roleOf } from '../../domain/task-kinds.ts';
import type { TaskKind } from '../../domain/task.ts';
import type { Db, Transaction } from '../transaction.ts';
import { failJob } from './end-job.ts';

/** Locks the job of a task: before the task, in every transaction, so that nobody waits in a circle. */
export async function lockJobOf(tx: Transaction, taskId: string): Promise<void> {
  await sql`select 1 from jobs where job_id = (select job_id from tasks where task_id = ${taskId}::uuid)
    for no key update`.execute(tx);
}

/** Ends a task for good, and its job with it. */
export async function giveUp(
  tx: Transaction,
  task: { taskId: string; jobId: string; kind: TaskKind },
  failure: Failure,
): Promise<void> {
  await sql`
    update tasks set state = 'failed', finished_at = now(), failure = ${JSON.stringify(failure)}::jsonb
    where task_id = ${task.taskId}::uuid`.execute(tx);
  // A clip that cannot be cut to be looked at is no reason to give up the film.
  if (roleOf(task.kind) !== 'aside') await failJob(tx, task.jobId, failure);
}

/** A task whose last attempt has just ended without a word. */
export interface LostTask {
  readonly task_id: string;
  readonly epoch: number;
  readonly lost: number;
}

/** Gives a task up that has lost its agents too often, unless somebody took it, or finished it, meanwhile. */
export async function giveUpLost(db: Db, lost: LostTask): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await lockJobOf(tx, lost.task_id);
    const { rows } = await sql<{
      job_id: string;
      kind: TaskKind;
      clip_index: number;
      log_tail: string;
      agent: string;
    }>`
      select t.job_id, t.kind, t.clip_index, t.log_tail, coalesce(a.name, t.agent_id) as agent
      from tasks t left join agents a using (agent_id)
      where t.task_id = ${lost.task_id}::uuid and t.state = 'ready' and t.epoch = ${lost.epoch}
        and t.lost >= ${lost.lost} for update of t`.execute(tx);
    const task = rows[0];
    if (task === undefined) return;
    const failure: Failure = {
      code: 'lost_lease',
      stage: task.kind,
      message:
        `${lost.lost} attempts ended without a word from their agents, the last one on ${task.agent}: ` +
        'the task may be what brings them down (memory?)',
      log: task.log_tail,
      ...(task.clip_index >= 0 ? { clipIndex: task.clip_index } : {}),
    };
    await giveUp(tx, { taskId: lost.task_id, jobId: task.job_id, kind: task.kind }, failure);
  });
}
