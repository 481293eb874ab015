import { sql } from 'kysely';
import { CLOCK_SLACK_MS, jumpBetween } from '../../domain/sweep.ts';
import { afterLoss } from '../../domain/retry-policy.ts';
import type { ExpireOptions } from '../lease-store.ts';
import type { Db, Transaction } from '../transaction.ts';
import { giveUpLost, type LostTask } from './give-up.ts';
import { LAST_END_COUNTS } from './keep-attempt.ts';

const DUE = sql`state = 'leased' and lease_expires_at <= now()`;

/** Given, or renewed, before the clock jumped back. */
function tooLate({ ttlMs }: Pick<ExpireOptions, 'ttlMs'>) {
  const latestMs = ttlMs + CLOCK_SLACK_MS;
  return sql`state = 'leased' and lease_expires_at > statement_timestamp() + ${latestMs} * interval '1 millisecond'`;
}

/**
 * Ends leases whose time is over by the database's clock (L4). The first sweep after a gap ends none and puts expiry on
 * hold for one ttl, because agents could not renew while nobody was there to listen (L12).
 *
 * That clock may jump. Jumped on, it looks like an outage, which costs nobody a lease. Jumped back, it leaves leases that
 * end too late: they are cut to one ttl. No time in here is older than its statement: a process that was stopped between
 * two of them must not take its own age for a jump.
 */
export async function expire(db: Db, options: ExpireOptions): Promise<number> {
  const ended = await db.transaction().execute(async (tx) => {
    if (!(await markSweep(tx, options))) return [];
    const { rows: lost } = await sql<LostTask>`
      with too_late as (
        select task_id from tasks where ${tooLate(options)}
        order by lease_expires_at limit ${options.limit} for update skip locked
      ), cut as (
        update tasks t set lease_expires_at = clock_timestamp() + ${options.ttlMs} * interval '1 millisecond'
        from too_late where t.task_id = too_late.task_id
      ), due as (
        select task_id from tasks where ${DUE}
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

/**
 * Leaves the mark of this sweep. True: expiry is not on hold, and there is a lease that may end, or ends too late. Most sweeps
 * find none; the statement above is larger than all that they cost else.
 */
async function markSweep(tx: Transaction, options: ExpireOptions): Promise<boolean> {
  const { outageMs, ttlMs } = options;
  const { rows } = await sql<{ held: boolean; due: boolean; passed_ms: number }>`
    with last as (select swept_at from sweeper for update)
    update sweeper s set swept_at = clock_timestamp(), held_until = case
      when clock_timestamp() - s.swept_at > ${outageMs} * interval '1 millisecond'
      then clock_timestamp() + ${ttlMs} * interval '1 millisecond'
      else least(s.held_until + least(clock_timestamp() - s.swept_at, interval '0'),
        clock_timestamp() + ${ttlMs} * interval '1 millisecond') end
    from last
    returning s.held_until > s.swept_at as held,
      exists (select from tasks where ${DUE}) or exists (select from tasks where ${tooLate(options)}) as due,
      (extract(epoch from s.swept_at - last.swept_at) * 1000)::float8 as passed_ms
    `.execute(tx);
  const [row] = rows;
  if (row === undefined) return false;
  const jumpMs = jumpBetween(row.passed_ms, options.sinceMs?.() ?? Infinity, outageMs);
  if (jumpMs !== 0) await followJump(tx, jumpMs);
  return row.due && !row.held;
}

/** What else is measured by a clock that jumped goes with it: when agents were heard, deadlines of drains, idle uploads. */
async function followJump(tx: Transaction, jumpMs: number): Promise<void> {
  const jump = sql`${jumpMs} * interval '1 millisecond'`;
  await sql`update agents set last_seen_at = last_seen_at + ${jump}, drain_until = drain_until + ${jump}`.execute(
    tx,
  );
  await sql`update uploads set touched_at = touched_at + ${jump} where state = 'open'`.execute(tx);
  // After a jump on, these end early, which does no harm; what was written since would be put off by all of the jump.
  if (jumpMs > 0) return;
  await sql`update webhook_deliveries set due_at = due_at + ${jump} where state = 'pending'`.execute(tx);
  await sql`update sign_in_failures set ends_at = ends_at + ${jump}`.execute(tx);
}

/** A task that has waited long enough competes with the class above it, so that it is never starved. */
export async function raiseWaiting(db: Db, afterMs: number, priority: number): Promise<void> {
  await sql`
    update tasks set priority = ${priority}
    where state = 'ready' and priority < ${priority}
      and ready_at < now() - ${afterMs} * interval '1 millisecond'`.execute(db);
}
