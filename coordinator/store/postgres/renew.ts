import { sql } from 'kysely';
import { tookOver } from '../../domain/agent.ts';
import { afterLoss } from '../../domain/retry-policy.ts';
import { UNFINISHED } from '../../domain/task-machine.ts';
import type { Fence } from '../../domain/task.ts';
import type { Renewal } from '../lease-store.ts';
import type { Db, Transaction } from '../transaction.ts';
import { giveUpLost, type LostTask } from './give-up.ts';
import { LAST_END_COUNTS } from './keep-attempt.ts';
import { RELAXED } from './relaxed.ts';

/** Row of a fence as SQL returns it. */
interface FenceRow {
  task_id: string;
  epoch: number;
  lease_id: string;
}

function toFence(row: FenceRow): Fence {
  return { taskId: row.task_id, epoch: row.epoch, leaseId: row.lease_id };
}

/**
 * All heartbeats of one tick in one statement. A lease whose time is over is not renewed, unless nobody could have
 * renewed it in time: the sweeper was away or expiry is on hold (L12).
 */
export async function renew(db: Db, renewals: readonly Renewal[], ttlMs: number): Promise<Fence[]> {
  if (renewals.length === 0) return [];
  const { rows } = await sql<FenceRow>`
    update tasks t set lease_expires_at = now() + ${ttlMs} * interval '1 millisecond',
      frames_done = greatest(t.frames_done, r.frames_done), fps = r.fps, speed = r.speed, phase = r.phase,
      log_tail = case when r.log_tail = '' then t.log_tail else r.log_tail end
    from sweeper s, ${RELAXED}, unnest(
      ${renewals.map((one) => one.fence.taskId)}::uuid[],
      ${renewals.map((one) => one.fence.epoch)}::int[],
      ${renewals.map((one) => one.fence.leaseId)}::uuid[],
      ${renewals.map((one) => one.sessionId)}::uuid[],
      ${renewals.map((one) => one.framesDone)}::int[],
      ${renewals.map((one) => one.fps)}::real[],
      ${renewals.map((one) => one.speed ?? 0)}::real[],
      ${renewals.map((one) => one.phase)}::text[],
      ${renewals.map((one) => one.logTail)}::text[]
    ) as r(task_id, epoch, lease_id, session_id, frames_done, fps, speed, phase, log_tail)
    where t.task_id = r.task_id and t.epoch = r.epoch and t.lease_id = r.lease_id and t.session_id = r.session_id
      and t.state = 'leased'
      and (t.lease_expires_at > now() or s.held_until > now() or s.swept_at < t.lease_expires_at)
    returning t.task_id, t.epoch, t.lease_id`.execute(db);
  return rows.map(toFence);
}

export interface AdoptInput {
  readonly agentId: string;
  readonly sessionId: string;
  readonly held: readonly Fence[];
  readonly ttlMs: number;
  readonly restarted: boolean;
}

/**
 * L8: what the returning agent lists moves to its new session if the fence still matches, also when the lease expired
 * meanwhile and nobody else was granted it; the rest of its leases goes back. After a restart that was an attempt which
 * ended without a word, else the agent has only never heard of the grant, or given it up by itself.
 */
export async function adopt(db: Db, input: AdoptInput): Promise<Fence[]> {
  const { kept, lost } = await db.transaction().execute(async (tx) => {
    // Held until the commit: a later session's leases are moved after these, or these not at all.
    const current = await sql`
      select 1 from agents where agent_id = ${input.agentId} and session_id = ${input.sessionId}::uuid
      for share`.execute(tx);
    if (current.rows.length === 0) throw tookOver(input.agentId);
    const { rows } = await sql<FenceRow>`
      update tasks t set state = 'leased', session_id = ${input.sessionId}::uuid,
        lease_expires_at = now() + ${input.ttlMs} * interval '1 millisecond',
        lost = case when t.state = 'ready' then greatest(0, t.lost - 1) else t.lost end
      from unnest(
        ${input.held.map((one) => one.taskId)}::uuid[],
        ${input.held.map((one) => one.epoch)}::int[],
        ${input.held.map((one) => one.leaseId)}::uuid[]) as h(task_id, epoch, lease_id)
      where t.task_id = h.task_id and t.epoch = h.epoch and t.lease_id = h.lease_id
        and t.agent_id = ${input.agentId} and t.state = any(${UNFINISHED}::text[])
      returning t.task_id, t.epoch, t.lease_id`.execute(tx);
    return { kept: rows.map(toFence), lost: await giveBack(tx, input) };
  });
  for (const task of lost) if (afterLoss(task.lost) === 'give_up') await giveUpLost(db, task);
  return kept;
}

async function giveBack(tx: Transaction, input: AdoptInput): Promise<LostTask[]> {
  const { rows } = await sql<LostTask>`
    with given_back as (
      update tasks set state = 'ready', ready_at = now(), lease_expires_at = null, lease_id = null,
        attempts = attempts - ${input.restarted ? 0 : 1}::int, lost = lost + ${input.restarted ? 1 : 0}::int
      where agent_id = ${input.agentId} and state = 'leased' and session_id <> ${input.sessionId}::uuid
      returning task_id, epoch, agent_id, granted_at, lost
    ), kept as (
      insert into attempts (task_id, epoch, agent_id, granted_at, outcome)
      select task_id, epoch, agent_id, granted_at, ${input.restarted ? 'expired' : 'released'} from given_back
      ${LAST_END_COUNTS}
    )
    select task_id, epoch, lost from given_back`.execute(tx);
  return input.restarted ? rows : [];
}

/** Leaves a broken stream's leases a short time for its return. */
export async function shorten(db: Db, sessionId: string, graceMs: number): Promise<void> {
  await sql`
    update tasks set lease_expires_at = least(lease_expires_at, now() + ${graceMs} * interval '1 millisecond')
    where session_id = ${sessionId}::uuid and state = 'leased'`.execute(db);
}
