import { sql } from 'kysely';
import type { Db } from '../transaction.ts';
import { notifyRevoked } from './end-job.ts';
import { LAST_END_COUNTS } from './keep-attempt.ts';
import { notify } from './say.ts';

interface DrainedRow {
  task_id: string;
  epoch: number;
  lease_id: string;
  session_id: string | null;
  state: string;
}

/**
 * L13: what an agent still holds so long after the deadline of its drain goes back. The agent gives it back by itself at the
 * deadline; this is for the one that does not. As with a lease that was given back, the attempt does not count, and nothing
 * of it can be committed any more.
 */
export async function revokeDrained(db: Db, options: { graceMs: number; limit: number }): Promise<number> {
  // Hardly ever: whoever asks does so some times a second.
  const isLate = sql`a.drain_requested and a.drain_until <= now() - ${options.graceMs} * interval '1 millisecond'`;
  const { rows: late } = await sql`select from agents a where ${isLate} limit 1`.execute(db);
  if (late.length === 0) return 0;
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<DrainedRow>`
      with due as (
        select t.task_id, t.lease_id from agents a join tasks t on t.agent_id = a.agent_id and t.state = 'leased'
        where ${isLate}
        order by t.task_id limit ${options.limit} for update of t skip locked
      ), back as (
        update tasks t set state = 'ready', ready_at = now(), lease_expires_at = null, lease_id = null,
          attempts = attempts - 1
        from due where t.task_id = due.task_id
        returning t.task_id, t.job_id, t.epoch, due.lease_id, t.session_id, t.agent_id, t.granted_at
      ), kept as (
        insert into attempts (task_id, epoch, agent_id, granted_at, outcome, code, message)
        select task_id, epoch, agent_id, granted_at, 'released', 'lost_lease', 'the deadline of the drain was over'
        from back ${LAST_END_COUNTS}
      ), said as (
        insert into events (type, job_id, task_id, agent_id, owner_id, data)
        select 'task.released', b.job_id, b.task_id, b.agent_id, j.owner_id, '{"reason": "drained"}'::jsonb
        from back b join jobs j using (job_id)
      )
      select task_id, epoch, lease_id, session_id, 'leased' as state from back`.execute(tx);
    await notifyRevoked(tx, rows, 'drained');
    if (rows.length > 0) await notify(tx, { wake: 'tasks' });
    return rows.length;
  });
}
