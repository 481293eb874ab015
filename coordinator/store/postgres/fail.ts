import { sql } from 'kysely';
import { afterFailure } from '../../domain/retry-policy.ts';
import type { Fence, TaskKind } from '../../domain/task.ts';
import type { TaskFailure } from '../lease-store.ts';
import type { Db, Transaction } from '../transaction.ts';
import { giveUp, lockJobOf } from './give-up.ts';
import { LAST_END_COUNTS } from './keep-attempt.ts';
import { notify, say } from './say.ts';

interface FailedRow {
  job_id: string;
  kind: TaskKind;
  failures: number;
  failed_agents: string[];
  first_of_agent: boolean;
}

/** One failed attempt: the task is ready again, or it and its job have failed for good (design section 4). */
export async function fail(db: Db, input: TaskFailure): Promise<boolean> {
  const { fence, failure, agentId } = input;
  return db.transaction().execute(async (tx) => {
    await lockJobOf(tx, fence.taskId);
    const { rows } = await sql<FailedRow>`
      with old as (
        select task_id, not (${agentId} = any(failed_agents)) as first_of_agent from tasks
        where task_id = ${fence.taskId}::uuid and epoch = ${fence.epoch} and lease_id = ${fence.leaseId}::uuid
          and agent_id = ${agentId} and state = 'leased' for update
      )
      update tasks t set state = 'ready', ready_at = now(), lease_expires_at = null, lease_id = null,
        failure = ${JSON.stringify(failure)}::jsonb, log_tail = ${failure.log},
        failed_agents = case when old.first_of_agent then t.failed_agents || ${agentId}::text else t.failed_agents end
      from old where t.task_id = old.task_id
      returning t.job_id, t.kind, t.attempts - t.lost as failures, t.failed_agents, old.first_of_agent`.execute(
      tx,
    );
    const row = rows[0];
    if (row === undefined) return false;
    await recordFailure(tx, input, row);
    const verdict = afterFailure({
      failures: row.failures,
      failedAgents: row.failed_agents,
      inputAtFault: input.inputAtFault,
    });
    if (verdict === 'again') await notify(tx, { wake: 'tasks' });
    else await giveUp(tx, { taskId: fence.taskId, jobId: row.job_id, kind: row.kind }, failure);
    return true;
  });
}

async function recordFailure(tx: Transaction, input: TaskFailure, row: FailedRow): Promise<void> {
  const { fence, failure, agentId } = input;
  await sql`
    insert into attempts (task_id, epoch, agent_id, granted_at, outcome, code, message, log_tail)
    select task_id, epoch, agent_id, granted_at, 'failed', ${failure.code}, ${failure.message}, ${failure.log}
    from tasks where task_id = ${fence.taskId}::uuid ${LAST_END_COUNTS}`.execute(tx);
  // Tasks are counted, not attempts: one bad clip says little about an agent.
  if (row.first_of_agent) {
    await sql`
      insert into job_agent_failures (job_id, agent_id, failures) values (${row.job_id}::uuid, ${agentId}, 1)
      on conflict (job_id, agent_id) do update set failures = job_agent_failures.failures + 1`.execute(tx);
  }
  const { log: _, ...said } = failure;
  await say(tx, { type: 'task.failed', jobId: row.job_id, taskId: fence.taskId, agentId, data: said });
}

/** The agent gives a lease back unfinished; that is no failure and costs no attempt. */
export async function release(db: Db, fence: Fence, agentId: string): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ job_id: string }>`
      with back as (
        update tasks set state = 'ready', ready_at = now(), lease_expires_at = null, lease_id = null,
          attempts = attempts - 1
        where task_id = ${fence.taskId}::uuid and epoch = ${fence.epoch} and lease_id = ${fence.leaseId}::uuid
          and agent_id = ${agentId} and state = 'leased'
        returning task_id, job_id, epoch, agent_id, granted_at
      ), kept as (
        insert into attempts (task_id, epoch, agent_id, granted_at, outcome)
        select task_id, epoch, agent_id, granted_at, 'released' from back ${LAST_END_COUNTS}
      )
      select job_id from back`.execute(tx);
    const jobId = rows[0]?.job_id;
    if (jobId === undefined) return false;
    await say(tx, { type: 'task.released', jobId, taskId: fence.taskId, agentId });
    await notify(tx, { wake: 'tasks' });
    return true;
  });
}
