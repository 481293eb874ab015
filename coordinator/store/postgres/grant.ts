import { sql, type RawBuilder } from 'kysely';
import { TaskSpec } from '../../../shared/gen/clipgrid/v1/task.ts';
import {
  LOOK_AHEAD,
  MAX_TOGETHER,
  type Candidate,
  type Capacity,
  type Placement,
} from '../../domain/placement.ts';
import { MAX_AGENT_FAILURES_PER_JOB } from '../../domain/retry-policy.ts';
import { TASK_KINDS } from '../../domain/task-kinds.ts';
import type { TaskKind } from '../../domain/task.ts';
import { knownTo, type GrantedTask, type GrantRequest } from '../lease-store.ts';
import type { Db } from '../transaction.ts';
import { FIRST } from './kinds.ts';
import { RELAXED } from './relaxed.ts';
import { SAVED_FRAMES } from './save-part.ts';

interface CandidateRow {
  task_id: string;
  kind: TaskKind;
  share_key: string | null;
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
  saved_frames: number;
  waited_ms: number;
  traceparent: string;
}

/**
 * Looks for ready tasks that some capacity could run, places them, leases them (L1, L2). Two statements and no transaction
 * around them: between the two another coordinator may take a task, so the second one takes only what is ready then and
 * held by nobody.
 */
export async function grant(db: Db, request: GrantRequest): Promise<GrantedTask[]> {
  const candidates = await findReady(db, request.capacities);
  const known = await knownTo(request, candidates);
  const placements = request.place(candidates, request.capacities, known);
  if (placements.length === 0) return [];
  const granted = await lease(db, placements, request);
  return granted.map(toGranted);
}

/** Of a task that nobody has begun; one that was is done by itself, so that the failure of one is not that of others. */
const SHARE_KEY: RawBuilder<string | null> = sql`
  case when t.attempts = 0 and t.parts = '[]' then t.share_key end`;
const ORDER = sql`t.priority desc, t.job_order, t.cost desc, t.task_id`;

/** The first tasks in their order, then those that can share the work of one of them. */
async function findReady(db: Db, capacities: readonly Capacity[]): Promise<Candidate[]> {
  const slots = capacities.reduce((sum, capacity) => sum + capacity.freeSlots, 0);
  if (slots === 0) return [];
  const columns = sql`
    t.task_id, t.kind, ${SHARE_KEY} as share_key, t.requires, t.failed_agents,
      coalesce((select array_agg(f.agent_id) from job_agent_failures f
        where f.job_id = t.job_id and f.failures >= ${MAX_AGENT_FAILURES_PER_JOB}), '{}') as banned_agents`;
  const { rows } = await sql<CandidateRow>`
    select ${columns} from tasks t
    where t.state = 'ready' and (${runnable(capacities)})
    order by ${ORDER} limit ${slots + LOOK_AHEAD}`.execute(db);
  const keys = [...new Set(rows.flatMap((row) => row.share_key ?? []))];
  if (keys.length === 0) return rows.map(toCandidate);
  const beside = await sql<CandidateRow>`
    select ${columns} from tasks t
    where t.state = 'ready' and t.share_key = any(${keys}::text[]) and ${SHARE_KEY} is not null
      and t.task_id <> all(${rows.map((row) => row.task_id)}::uuid[])
    order by ${ORDER} limit ${keys.length * MAX_TOGETHER}`.execute(db);
  return [...rows, ...beside.rows].map(toCandidate);
}

function toCandidate(row: CandidateRow): Candidate {
  const key = row.share_key;
  return {
    taskId: row.task_id,
    requires: row.requires,
    failedAgents: row.failed_agents,
    bannedAgents: row.banned_agents,
    ...(key === null ? {} : { share: { key, whole: TASK_KINDS[row.kind].shares === 'whole' } }),
  };
}

async function lease(
  db: Db,
  placements: readonly Placement[],
  { newLeaseId, ttlMs }: GrantRequest,
): Promise<GrantRow[]> {
  const { rows } = await sql<GrantRow>`
    with wanted as (
      select w.* from ${RELAXED}, unnest(
        ${placements.map((one) => one.taskId)}::uuid[],
        ${placements.map((one) => one.agentId)}::text[],
        ${placements.map((one) => one.sessionId)}::uuid[],
        ${placements.map(() => newLeaseId())}::uuid[]) as w(task_id, agent_id, session_id, lease_id)
    ), free as (
      -- In one order, and waiting for nobody: two coordinators that want the same tasks share them.
      select w.* from wanted w join tasks t using (task_id)
      where t.state = 'ready' order by t.task_id for update of t skip locked
    ), leased as (
      update tasks t set state = 'leased', epoch = t.epoch + 1, lease_id = w.lease_id, agent_id = w.agent_id,
        session_id = w.session_id, lease_expires_at = now() + ${ttlMs} * interval '1 millisecond',
        granted_at = now(), attempts = t.attempts + 1, frames_done = 0, fps = 0, speed = 0, phase = '', log_tail = ''
      from free w join agents a on a.agent_id = w.agent_id and a.session_id = w.session_id and a.state = 'online'
      where t.task_id = w.task_id and t.state = 'ready'
      returning t.task_id, t.epoch, t.lease_id, t.session_id, t.agent_id, t.job_id, t.kind, t.spec, t.clip_index,
        ${SAVED_FRAMES} as saved_frames,
        extract(epoch from clock_timestamp() - t.ready_at) * 1000 as waited_ms
    ), started as (
      -- Tasks are locked before jobs only here: whoever ends the job now is not waited for.
      update jobs j set started_at = now() where j.job_id in (
        select job_id from jobs join leased l using (job_id) where l.kind in (${FIRST}) and started_at is null
        for no key update of jobs skip locked)
    ), said as (
      insert into events (type, job_id, task_id, agent_id, owner_id, data)
      select 'task.granted', l.job_id, l.task_id, l.agent_id, j.owner_id,
        jsonb_build_object('kind', l.kind, 'clip', l.clip_index, 'epoch', l.epoch, 'saved', l.saved_frames)
      from leased l join jobs j using (job_id)
    )
    select l.*, j.traceparent from leased l join jobs j using (job_id)`.execute(db);
  return rows;
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
    savedFrames: row.saved_frames,
    waitedMs: Number(row.waited_ms),
    traceparent: row.traceparent,
  };
}
