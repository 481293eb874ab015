import { sql } from 'kysely';
import { afterLoss } from '../../domain/retry-policy.ts';
import type { ExpireOptions } from '../lease-store.ts';
import type { Db } from '../transaction.ts';
import { giveUpLost, type LostTask } from './give-up.ts';
import { LAST_END_COUNTS } from './keep-attempt.ts';

/**
 * Ends leases whose time is over by the database's clock (L4). The first sweep after a gap ends none and puts expiry on
 * hold for one ttl, because agents could not renew while nobody was there to listen (L12).
 */
export async function expire(db: Db, options: ExpireOptions): Promise<number> {
  const ended = await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ held: boolean }>`
      update sweeper set swept_at = now(), held_until = case
        when now() - swept_at > ${options.outageMs} * interval '1 millisecond'
        then now() + ${options.ttlMs} * interval '1 millisecond' else held_until end
      returning held_until > now() as held`.execute(tx);
    if (rows[0]?.held ?? true) return [];
    const { rows: lost } = await sql<LostTask>`
      with due as (
        select task_id from tasks where state = 'leased' and lease_expires_at <= now()
        order by lease_expires_at limit ${options.limit} for update skip locked
      ), ended as (
        update tasks t set state = 'ready', ready_at = now(), lease_expires_at = null, lost = t.lost + 1
        from due where t.task_id = due.task_id
        returning t.task_id, t.job_id, t.epoch, t.agent_id, t.granted_at, t.kind, t.clip_index, t.lost
      ), kept as (
        insert into attempts (task_id, epoch, agent_id, granted_at, outcome, code, message)
        select task_id, epoch, agent_id, granted_at, 'expired', 'lost_lease', 'the agent stopped renewing its lease'
        from ended ${LAST_END_COUNTS}
      ), said as (
        insert into events (type, job_id, task_id, agent_id, owner_id, data)
        select 'task.expired', e.job_id, e.task_id, e.agent_id, j.owner_id,
          jsonb_build_object('kind', e.kind, 'clip', e.clip_index)
        from ended e join jobs j using (job_id)
      )
      select task_id, epoch, lost from ended`.execute(tx);
    return lost;
  });
  // In transactions of their own: a job is locked before its tasks, everywhere.
  for (const task of ended) if (afterLoss(task.lost) === 'give_up') await giveUpLost(db, task);
  return ended.length;
}

/** A task that has waited long enough competes with the class above it, so that it is never starved. */
export async function raiseWaiting(db: Db, afterMs: number, priority: number): Promise<void> {
  await sql`
    update tasks set priority = ${priority}
    where state = 'ready' and priority < ${priority}
      and ready_at < now() - ${afterMs} * interval '1 millisecond'`.execute(db);
}
