import { sql } from 'kysely';
import { afterFailure } from '../../domain/retry-policy.ts';
import type { Fence } from '../../domain/task.ts';
import type { TaskFailure } from '../lease-store.ts';
import type { Db, Transaction } from '../transaction.ts';
import { failJob } from './end-job.ts';
import { notify, say } from './say.ts';

interface FailedRow {
  job_id: string;
  kind: string;
  attempts: number;
  failed_agents: string[];
}

async function lockJobOf(tx: Transaction, taskId: string): Promise<void> {
  await sql`select 1 from jobs where job_id = (select job_id from tasks where task_id = ${taskId}::uuid)
    for no key update`.execute(tx);
}

/** One failed attempt: the task is ready again, or it and its job have failed for good (design section 4). */
export async function fail(db: Db, input: TaskFailure): Promise<boolean> {
  const { fence, failure, agentId } = input;
  return db.transaction().execute(async (tx) => {
    await lockJobOf(tx, fence.taskId);
    const { rows } = await sql<FailedRow>`
      update tasks set state = 'ready', ready_at = now(), lease_expires_at = null, failure = ${JSON.stringify(failure)}::jsonb,
        log_tail = ${failure.log},
        failed_agents = case when ${agentId} = any(failed_agents) then failed_agents else failed_agents || ${agentId}::text end
      where task_id = ${fence.taskId}::uuid and epoch = ${fence.epoch} and lease_id = ${fence.leaseId}::uuid
        and state = 'leased'
      returning job_id, kind, attempts, failed_agents`.execute(tx);
    const row = rows[0];
    if (row === undefined) return false;
    await recordFailure(tx, input, row.job_id);
    const verdict = afterFailure({
      attempts: row.attempts,
      failedAgents: row.failed_agents,
      inputAtFault: input.inputAtFault,
    });
    if (verdict === 'again') {
      await notify(tx, { wake: 'tasks' });
      return true;
    }
    await sql`update tasks set state = 'failed', finished_at = now() where task_id = ${fence.taskId}::uuid`.execute(
      tx,
    );
    // A clip that cannot be cut to be looked at is no reason to give up the film.
    if (row.kind !== 'clip') await failJob(tx, row.job_id, failure);
    return true;
  });
}

async function recordFailure(tx: Transaction, input: TaskFailure, jobId: string): Promise<void> {
  const { fence, failure, agentId } = input;
  await sql`
    insert into attempts (task_id, epoch, agent_id, granted_at, outcome, code, message, log_tail)
    select task_id, epoch, agent_id, granted_at, 'failed', ${failure.code}, ${failure.message}, ${failure.log}
    from tasks where task_id = ${fence.taskId}::uuid on conflict do nothing`.execute(tx);
  await sql`
    insert into job_agent_failures (job_id, agent_id, failures) values (${jobId}::uuid, ${agentId}, 1)
    on conflict (job_id, agent_id) do update set failures = job_agent_failures.failures + 1`.execute(tx);
  const { log: _, ...said } = failure;
  await say(tx, { type: 'task.failed', jobId, taskId: fence.taskId, agentId, data: said });
}

/** The agent gives a lease back unfinished; that is no failure and costs no attempt. */
export async function release(db: Db, fence: Fence, agentId: string): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ job_id: string }>`
      with back as (
        update tasks set state = 'ready', ready_at = now(), lease_expires_at = null, attempts = attempts - 1
        where task_id = ${fence.taskId}::uuid and epoch = ${fence.epoch} and lease_id = ${fence.leaseId}::uuid
          and agent_id = ${agentId} and state = 'leased'
        returning task_id, job_id, epoch, agent_id, granted_at
      ), kept as (
        insert into attempts (task_id, epoch, agent_id, granted_at, outcome)
        select task_id, epoch, agent_id, granted_at, 'released' from back on conflict do nothing
      )
      select job_id from back`.execute(tx);
    const jobId = rows[0]?.job_id;
    if (jobId === undefined) return false;
    await say(tx, { type: 'task.released', jobId, taskId: fence.taskId, agentId });
    await notify(tx, { wake: 'tasks' });
    return true;
  });
}
