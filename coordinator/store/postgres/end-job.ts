import { sql } from 'kysely';
import type { Failure } from '../../domain/job.ts';
import { UNFINISHED } from '../../domain/task-machine.ts';
import type { Transaction } from '../transaction.ts';
import { LAST_END_COUNTS } from './keep-attempt.ts';
import { notify, say } from './say.ts';

interface RevokedRow {
  task_id: string;
  epoch: number;
  lease_id: string;
  session_id: string | null;
  state: string;
}

/**
 * Takes back all unfinished tasks of a job: epoch + 1 (L1), so that nothing of a running attempt can be committed. The
 * sessions that hold them hear of it by notification at the commit, else with their next heartbeat.
 */
export async function cancelTasks(tx: Transaction, jobId: string, reason: string): Promise<void> {
  const { rows } = await sql<RevokedRow>`
    with old as (
      select task_id, epoch, lease_id, session_id, state, agent_id, granted_at from tasks
      where job_id = ${jobId}::uuid and state = any(${UNFINISHED}::text[]) for update
    ), gone as (
      update tasks t set state = 'cancelled', epoch = t.epoch + 1, lease_expires_at = null, finished_at = now()
      from old where t.task_id = old.task_id
    ), kept as (
      insert into attempts (task_id, epoch, agent_id, granted_at, outcome)
      select task_id, epoch, agent_id, granted_at, 'cancelled' from old where state = 'leased' ${LAST_END_COUNTS}
    )
    select task_id, epoch, lease_id, session_id, state from old`.execute(tx);
  await notifyRevoked(tx, rows, reason);
}

/** One notification a lease: each is small, and PostgreSQL refuses payloads of 8,000 bytes. */
export async function notifyRevoked(
  tx: Transaction,
  rows: readonly RevokedRow[],
  reason: string,
): Promise<void> {
  for (const row of rows) {
    if (row.state !== 'leased') continue;
    const fence = { taskId: row.task_id, epoch: row.epoch, leaseId: row.lease_id };
    await notify(tx, { revoke: fence, sessionId: row.session_id, reason });
  }
}

/** Ends a job in a bad state, with its reason. */
export async function failJob(tx: Transaction, jobId: string, failure: Failure): Promise<void> {
  await cancelTasks(tx, jobId, 'cancelled');
  await sql`
    update jobs set state = 'failed', failure = ${JSON.stringify(failure)}::jsonb, finished_at = now()
    where job_id = ${jobId}::uuid`.execute(tx);
  await say(tx, { type: 'job.state', jobId, data: { state: 'failed', failure } });
}
