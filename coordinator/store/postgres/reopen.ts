import { sql } from 'kysely';
import { TaskSpec } from '../../../shared/gen/clipgrid/v1/task.ts';
import type { JobSpec } from '../../domain/job.ts';
import {
  noClip,
  redoClipFrom,
  redoMergeFrom,
  retryFrom,
  type StoredJobState,
} from '../../domain/job-machine.ts';
import { hasClose } from '../../domain/job-shape.ts';
import { indexOfSpec } from '../../domain/named-index.ts';
import type { PlanSummary } from '../../domain/planner.ts';
import { FIRST_KINDS, PART_KINDS } from '../../domain/task-kinds.ts';
import type { TaskKind } from '../../domain/task.ts';
import type { Redo } from '../job-store.ts';
import type { StageRules } from '../lease-store.ts';
import type { Transaction } from '../transaction.ts';
import { afterParts } from './commit.ts';
import { notifyRevoked } from './end-job.ts';
import { noJob } from './job-reads.ts';
import { CLOSE, COUNTED, FIRST, PARTS } from './kinds.ts';
import { notify, say } from './say.ts';

interface LockedJob {
  job_id: string;
  state: StoredJobState;
  spec: JobSpec;
  plan: PlanSummary | null;
  collected_at: Date | null;
}

export async function lockJob(tx: Transaction, jobId: string, ownerId?: string): Promise<LockedJob> {
  const { rows } = await sql<LockedJob>`
    select job_id, state, spec, plan, collected_at from jobs
    where job_id = ${jobId}::uuid and (${ownerId ?? null}::text is null or owner_id = ${ownerId ?? null})
    for no key update`.execute(tx);
  const job = rows[0];
  if (job === undefined) throw noJob(jobId);
  return job;
}

/** What the domain decides by. */
export function factsOf(job: LockedJob) {
  return {
    jobId: job.job_id,
    state: job.state,
    closes: hasClose(job.spec),
    planned: job.plan !== null,
    collected: job.collected_at !== null,
  };
}

/** Puts tasks back to the start: epoch + 1, no history, running attempts revoked (L1). */
async function resetTasks(
  tx: Transaction,
  jobId: string,
  which: { kinds: readonly TaskKind[]; clip?: number; all: boolean },
): Promise<void> {
  const { rows } = await sql<{
    task_id: string;
    epoch: number;
    lease_id: string;
    session_id: string;
    state: string;
  }>`
    with old as (
      select task_id, epoch, lease_id, session_id, state from tasks
      where job_id = ${jobId}::uuid and kind = any(${[...which.kinds]}::text[])
        and (${which.all} or state in ('failed', 'cancelled') or clip_index = ${which.clip ?? -2}) for update
    ), reset as (
      update tasks t set state = 'ready', epoch = t.epoch + 1, lease_id = null, lease_expires_at = null,
        ready_at = now(), finished_at = null, output = null, failure = null, attempts = 0, lost = 0, failed_agents = '{}',
        frames_done = 0, fps = 0, speed = 0, phase = '', log_tail = '', parts = '[]'
      from old where t.task_id = old.task_id
    )
    select * from old`.execute(tx);
  await notifyRevoked(tx, rows, 'superseded');
}

/** The merge is not wanted any more, wherever it is. */
async function dropMerge(tx: Transaction, jobId: string): Promise<void> {
  const { rows } = await sql<{
    task_id: string;
    epoch: number;
    lease_id: string;
    session_id: string;
    state: string;
  }>`
    with old as (
      select task_id, epoch, lease_id, session_id, state from tasks
      where job_id = ${jobId}::uuid and kind in (${CLOSE}) and state <> 'cancelled' for update
    ), gone as (
      update tasks t set state = 'cancelled', epoch = t.epoch + 1, lease_id = null, lease_expires_at = null, output = null
      from old where t.task_id = old.task_id
    )
    select * from old`.execute(tx);
  await notifyRevoked(tx, rows, 'superseded');
}

/**
 * Sets a job's stage and counters from what its tasks say. Its merge is made anew, or not wanted before the open parts are
 * there: one change either way (L1).
 */
async function recount(tx: Transaction, job: LockedJob, rules: StageRules): Promise<void> {
  const { rows } = await sql<{ open_tasks: number }>`
    update jobs j set state = 'encoding', result = null, failure = null, finished_at = null, open_tasks = c.open,
      clips_done = c.clips, frames_done = c.frames
    from (
      select count(*) filter (where state <> 'succeeded')::int as open,
        count(*) filter (where state = 'succeeded' and kind in (${COUNTED}))::int as clips,
        coalesce(sum(frames_total) filter (where state = 'succeeded' and kind in (${COUNTED})), 0)::int as frames
      from tasks where job_id = ${job.job_id}::uuid and kind in (${PARTS})
    ) c where j.job_id = ${job.job_id}::uuid returning j.open_tasks`.execute(tx);
  await say(tx, { type: 'job.state', jobId: job.job_id, data: { state: 'encoding' } });
  if (rows[0]?.open_tasks === 0 && job.plan) {
    await afterParts(tx, { job_id: job.job_id, spec: job.spec, plan: job.plan }, rules);
  } else await dropMerge(tx, job.job_id);
  await notify(tx, { wake: 'tasks' });
}

/** From the very start: there is no plan, or what was made of it has been collected. */
async function startOver(tx: Transaction, job: LockedJob, rules: StageRules): Promise<void> {
  await forgetFailures(tx, job.job_id);
  // It began planned: its tasks say all that a new plan would.
  if (indexOfSpec(job.spec) !== undefined) {
    await resetTasks(tx, job.job_id, { kinds: PART_KINDS, all: true });
    await sql`update jobs set collected_at = null where job_id = ${job.job_id}::uuid`.execute(tx);
    return recount(tx, job, rules);
  }
  await dropMerge(tx, job.job_id);
  await resetTasks(tx, job.job_id, { kinds: PART_KINDS, all: true });
  await sql`delete from tasks where job_id = ${job.job_id}::uuid and kind not in (${FIRST})`.execute(tx);
  await resetTasks(tx, job.job_id, { kinds: FIRST_KINDS, all: true });
  await sql`
    update jobs set state = 'indexing', plan = null, result = null, failure = null, finished_at = null,
      collected_at = null, open_tasks = 0, clips_total = 0, clips_done = 0, frames_total = 0, frames_done = 0
    where job_id = ${job.job_id}::uuid`.execute(tx);
  await say(tx, { type: 'job.state', jobId: job.job_id, data: { state: 'indexing' } });
  await notify(tx, { wake: 'tasks' });
}

async function forgetFailures(tx: Transaction, jobId: string): Promise<void> {
  await sql`delete from job_agent_failures where job_id = ${jobId}::uuid`.execute(tx);
}

/** Failed or cancelled: on from what was committed. */
export async function retryJob(
  tx: Transaction,
  jobId: string,
  options: { rules: StageRules; ownerId?: string },
): Promise<void> {
  const job = await lockJob(tx, jobId, options.ownerId);
  const from = retryFrom(factsOf(job));
  if (from === 'start') return startOver(tx, job, options.rules);
  await forgetFailures(tx, jobId);
  await resetTasks(tx, jobId, { kinds: PART_KINDS, all: false });
  await recount(tx, job, options.rules);
}

export async function redoClip(tx: Transaction, redo: Redo): Promise<void> {
  const job = await lockJob(tx, redo.jobId);
  const { rows } = await sql<{ task_id: string; spec: Buffer }>`
    select task_id, spec from tasks
    where job_id = ${redo.jobId}::uuid and kind = 'encode' and clip_index = ${redo.clipIndex}`.execute(tx);
  const task = rows[0];
  if (task === undefined) throw noClip(redo.jobId, redo.clipIndex);
  const from = redoClipFrom(factsOf(job), { index: redo.clipIndex, exists: true });
  if (from === 'start') return startOver(tx, job, redo.rules);
  await forgetFailures(tx, redo.jobId);
  await resetTasks(tx, redo.jobId, { kinds: PART_KINDS, clip: redo.clipIndex, all: false });
  if (redo.change) {
    const changed = redo.respec(TaskSpec.decode(task.spec), redo.change);
    await sql`
      update tasks set spec = ${Buffer.from(TaskSpec.encode(changed.spec).finish())}, requires = ${[...changed.requires]}::text[], share_key = null,
        priority = greatest(priority, ${redo.change.priority ?? 0}::int)
      where task_id = ${task.task_id}::uuid`.execute(tx);
  }
  await recount(tx, job, redo.rules);
}

/** The merge again, from the segments that are there; one that waits or runs is joined. */
export async function redoMerge(tx: Transaction, jobId: string, rules: StageRules): Promise<void> {
  const job = await lockJob(tx, jobId);
  const { rows } = await sql<{ open: number }>`
    select count(*)::int as open from tasks
    where job_id = ${jobId}::uuid and kind in (${PARTS}) and state <> 'succeeded'`.execute(tx);
  const from = redoMergeFrom(factsOf(job), rows[0]?.open ?? 0);
  if (from === 'joined') return;
  if (from === 'start') return startOver(tx, job, rules);
  await recount(tx, job, rules);
}
