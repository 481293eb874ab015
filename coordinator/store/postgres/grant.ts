import { sql, type RawBuilder } from 'kysely';
import { TaskSpec } from '../../../shared/gen/clipgrid/v1/task.ts';
import { LOOK_AHEAD, type Candidate, type Capacity } from '../../domain/placement.ts';
import { MAX_AGENT_FAILURES_PER_JOB } from '../../domain/retry-policy.ts';
import type { TaskKind } from '../../domain/task.ts';
import { knownTo, type GrantedTask, type GrantRequest } from '../lease-store.ts';
import type { Db } from '../transaction.ts';
import { RELAXED } from './relaxed.ts';

interface CandidateRow {
  task_id: string;
  requires: string[];
  failed_agents: string[];
  banned_agents: string[];
}

interface GrantRow {
  task_id: string;
  epoch: number;
  lease_id: string;
  session_id: string;
  agent_id: string;
  job_id: string;
  kind: TaskKind;
  clip_index: number;
  spec: Buffer;
  waited_ms: number;
}

/** One transaction: lock ready tasks that some capacity could run, place them, lease them (L1, L2, L10). */
export async function grant(db: Db, request: GrantRequest): Promise<GrantedTask[]> {
  const slots = request.capacities.reduce((sum, capacity) => sum + capacity.freeSlots, 0);
  if (slots === 0) return [];
  return db.transaction().execute(async (tx) => {
    const found = await sql<CandidateRow>`
      select t.task_id, t.requires, t.failed_agents,
        coalesce((select array_agg(f.agent_id) from job_agent_failures f
          where f.job_id = t.job_id and f.failures >= ${MAX_AGENT_FAILURES_PER_JOB}), '{}') as banned_agents
      from tasks t
      where t.state = 'ready' and (${runnable(request.capacities)})
      order by t.priority desc, t.job_order, t.cost desc, t.task_id
      limit ${slots + LOOK_AHEAD}
      for update of t skip locked`.execute(tx);
    const candidates = found.rows.map((row): Candidate => ({
      taskId: row.task_id,
      requires: row.requires,
      failedAgents: row.failed_agents,
      bannedAgents: row.banned_agents,
    }));
    const known = await knownTo(request, candidates);
    const placements = request.place(candidates, request.capacities, known);
    if (placements.length === 0) return [];
    const granted = await sql<GrantRow>`
      with wanted as (
        select w.* from ${RELAXED}, unnest(
          ${placements.map((one) => one.taskId)}::uuid[],
          ${placements.map((one) => one.agentId)}::text[],
          ${placements.map((one) => one.sessionId)}::uuid[],
          ${placements.map(() => request.newLeaseId())}::uuid[]) as w(task_id, agent_id, session_id, lease_id)
      ), leased as (
        update tasks t set state = 'leased', epoch = t.epoch + 1, lease_id = w.lease_id, agent_id = w.agent_id,
          session_id = w.session_id, lease_expires_at = now() + ${request.ttlMs} * interval '1 millisecond',
          granted_at = now(), attempts = t.attempts + 1, frames_done = 0, fps = 0, phase = '', log_tail = ''
        from wanted w join agents a on a.agent_id = w.agent_id and a.session_id = w.session_id and a.state = 'online'
        where t.task_id = w.task_id and t.state = 'ready'
        returning t.task_id, t.epoch, t.lease_id, t.session_id, t.agent_id, t.job_id, t.kind, t.spec, t.clip_index,
          extract(epoch from clock_timestamp() - t.ready_at) * 1000 as waited_ms
      ), started as (
        -- Tasks are locked before jobs only here: whoever ends the job now is not waited for.
        update jobs j set started_at = now() where j.job_id in (
          select job_id from jobs join leased l using (job_id) where l.kind = 'index' and started_at is null
          for no key update of jobs skip locked)
      ), said as (
        insert into events (type, job_id, task_id, agent_id, owner_id, data)
        select 'task.granted', l.job_id, l.task_id, l.agent_id, j.owner_id,
          jsonb_build_object('kind', l.kind, 'clip', l.clip_index, 'epoch', l.epoch)
        from leased l join jobs j using (job_id)
      )
      select * from leased`.execute(tx);
    return granted.rows.map(toGranted);
  });
}

/** Whether one of the kinds of agents has all that a task requires. */
function runnable(capacities: readonly Capacity[]): RawBuilder<boolean> {
  const kinds = [...new Set(capacities.map((one) => one.capabilities))];
  return sql.join(
    kinds.map((kind) => sql`t.requires <@ ${[...kind]}::text[]`),
    sql` or `,
  );
}

function toGranted(row: GrantRow): GrantedTask {
  return {
    fence: { taskId: row.task_id, epoch: row.epoch, leaseId: row.lease_id },
    sessionId: row.session_id,
    agentId: row.agent_id,
    jobId: row.job_id,
    kind: row.kind,
    clipIndex: row.clip_index,
    spec: TaskSpec.decode(row.spec),
    waitedMs: Number(row.waited_ms),
  };
}
