import { sql, type RawBuilder } from 'kysely';
import { fenceKey } from '../../domain/fence.ts';
import { hasClose, resultFile } from '../../domain/job-shape.ts';
import type { JobSpec } from '../../domain/job.ts';
import type { PlanSummary } from '../../domain/planner.ts';
import { roleOf, TASK_KINDS } from '../../domain/task-kinds.ts';
import { UNFINISHED } from '../../domain/task-machine.ts';
import type { Artifact, TaskKind, TaskOutput, TaskPart } from '../../domain/task.ts';
import type { CommitOutcome, Completion, StageRules } from '../lease-store.ts';
import type { Db, Transaction } from '../transaction.ts';
import { failJob } from './end-job.ts';
import { insertTasks } from './insert-tasks.ts';
import { COUNTED, PARTS } from './kinds.ts';
import { say } from './say.ts';

interface DoneRow {
  task_id: string;
  epoch: number;
  lease_id: string;
  job_id: string;
  kind: TaskKind;
  frames_total: number;
}

/**
 * All completions of one tick. The fence is in the WHERE (L2); an expired lease that nobody got since still counts (L11).
 * Clips that leave their job unfinished are one statement. The rest is one transaction; if that fails, the clips stay
 * committed, and saying them again is harmless (L3).
 */
export async function commit(
  db: Db,
  completions: readonly Completion[],
  rules: StageRules,
): Promise<CommitOutcome[]> {
  if (completions.length === 0) return [];
  const done = await markParts(db, completions.filter(isPart));
  const jobs = new Map(done.map((row) => [keyOfRow(row), row.job_id]));
  const rest = completions.filter((one) => !jobs.has(fenceKey(one.fence)));
  const repeated = rest.length === 0 ? new Set<string>() : await commitRest(db, { rest, rules, jobs });
  return completions.map(({ fence }) => {
    const jobId = jobs.get(fenceKey(fence));
    const again = repeated.has(fenceKey(fence));
    return { committed: jobId !== undefined || again, repeated: again, ...(jobId ? { jobId } : {}) };
  });
}

function keyOfRow(row: DoneRow): string {
  return fenceKey({ taskId: row.task_id, epoch: row.epoch, leaseId: row.lease_id });
}

/** By what it brings; whether the task is one, the statement says. */
function isPart({ output }: Completion): boolean {
  const kind = output.result.kind?.$case;
  return kind !== undefined && roleOf(kind) === 'part';
}

interface Rest {
  readonly rest: readonly Completion[];
  readonly rules: StageRules;
  /** Job by fence, of what was committed: added to. */
  readonly jobs: Map<string, string>;
}

/** Commits what may take a job to its next stage (L10). Returns the fences that were committed before. */
async function commitRest(db: Db, { rest, rules, jobs }: Rest): Promise<Set<string>> {
  return db.transaction().execute(async (tx) => {
    await lockJobs(tx, rest);
    const done = await markDone(tx, rest);
    for (const row of done) jobs.set(keyOfRow(row), row.job_id);
    const others = rest.filter((one) => !jobs.has(fenceKey(one.fence)));
    const repeated = others.length === 0 ? new Set<string>() : await alreadyCommitted(tx, others);
    await advance(tx, { done, completions: rest, rules });
    return repeated;
  });
}

/** Jobs before tasks, in one order: cancel and redo lock the same way, so nobody waits in a circle. */
async function lockJobs(tx: Transaction, completions: readonly Completion[]): Promise<void> {
  await sql`
    select job_id from jobs where job_id in (
      select job_id from tasks where task_id = any(${completions.map((one) => one.fence.taskId)}::uuid[]))
    order by job_id for no key update`.execute(tx);
}

/** Clips and audio of jobs that have more open tasks than these, so that none of these is the last (L10). */
async function markParts(db: Db, parts: readonly Completion[]): Promise<DoneRow[]> {
  if (parts.length === 0) return [];
  const { rows } = await sql<DoneRow>`
    with ${saidDone(parts)}, part as materialized (
      -- By task id alone: with the job's id as a way in, the planner would read all tasks of a job.
      select c.*, t.job_id from said_done c join tasks t using (task_id) where t.kind in (${PARTS})
    ), going as materialized (
      select j.job_id from jobs j join (select job_id, count(*) as parts from part group by job_id) p using (job_id)
      where j.state = 'encoding' and j.open_tasks > p.parts
      order by j.job_id for no key update of j
    ), ${done(sql`(select * from part join going using (job_id))`)}, counted as (
      update jobs j set open_tasks = j.open_tasks - d.tasks, clips_done = j.clips_done + d.clips,
        frames_done = j.frames_done + d.frames
      from (
        select job_id, count(*)::int as tasks, count(*) filter (where kind in (${COUNTED}))::int as clips,
          coalesce(sum(frames_total) filter (where kind in (${COUNTED})), 0)::int as frames
        from done group by job_id
      ) d
      where j.job_id = d.job_id
    )
    select task_id, epoch, lease_id, job_id, kind, frames_total from done`.execute(db);
  return rows;
}

async function markDone(tx: Transaction, completions: readonly Completion[]): Promise<DoneRow[]> {
  const { rows } = await sql<DoneRow>`
    with ${saidDone(completions)}, ${done(sql`said_done`)}
    select task_id, epoch, lease_id, job_id, kind, frames_total from done`.execute(tx);
  return rows;
}

/** `said_done`: the completions as rows. */
function saidDone(completions: readonly Completion[]): RawBuilder<unknown> {
  return sql`
    said_done as (
      select * from unnest(
        ${completions.map((one) => one.fence.taskId)}::uuid[],
        ${completions.map((one) => one.fence.epoch)}::int[],
        ${completions.map((one) => one.fence.leaseId)}::uuid[],
        ${completions.map((one) => JSON.stringify(one.output))}::jsonb[],
        ${completions.map((one) => one.logTail)}::text[]) as c(task_id, epoch, lease_id, output, log_tail)
    )`;
}

/** Frames of the clip that the completion `c` leaves to parts of earlier attempts; parts within its segment are not needed. */
const RESUMED = sql`coalesce((c.output#>>'{result,kind,value,resumedFrames}')::int, 0)`;

/** `done`: the tasks of `source`, rows like `said_done`, whose fence holds, committed; and what is kept of each. */
function done(source: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    done as (
      update tasks t set state = 'succeeded', output = c.output, log_tail = c.log_tail, frames_done = t.frames_total,
        finished_at = now(), lease_expires_at = null, failure = null,
        parts = jsonb_path_query_array(t.parts, '$[*] ? (@.endFrame <= $resumed)', jsonb_build_object('resumed', ${RESUMED}))
      from ${source} c
      where t.task_id = c.task_id and t.epoch = c.epoch and t.lease_id = c.lease_id
        and t.state = any(${UNFINISHED}::text[])
        and (${RESUMED} = 0 or t.parts @> jsonb_build_array(jsonb_build_object('endFrame', ${RESUMED})))
      returning t.task_id, t.epoch, t.lease_id, t.job_id, t.kind, t.clip_index, t.frames_total, t.agent_id, t.granted_at
    ), kept as (
      insert into attempts (task_id, epoch, agent_id, granted_at, outcome)
      select task_id, epoch, agent_id, granted_at, 'succeeded' from done
      on conflict (task_id, epoch) do update set outcome = 'succeeded', ended_at = now(), code = null, message = null
    ), said as (
      insert into events (type, job_id, task_id, agent_id, owner_id, data)
      select 'task.succeeded', d.job_id, d.task_id, d.agent_id, j.owner_id,
        jsonb_build_object('kind', d.kind, 'clip', d.clip_index)
      from done d join jobs j using (job_id)
    )`;
}

/** L3: the same lease with the same content said it before. */
async function alreadyCommitted(tx: Transaction, others: readonly Completion[]): Promise<Set<string>> {
  const { rows } = await sql<{ task_id: string; lease_id: string; epoch: number; output: TaskOutput }>`
    select task_id, lease_id, epoch, output from tasks
    where state = 'succeeded' and task_id = any(${others.map((one) => one.fence.taskId)}::uuid[])`.execute(
    tx,
  );
  const byId = new Map(rows.map((row) => [row.task_id, row]));
  const digests = (artifacts: readonly Artifact[]): string =>
    artifacts.map((one) => `${one.name}:${one.sha256}`).join();
  const same = others.filter((one) => {
    const row = byId.get(one.fence.taskId);
    if (row === undefined || row.lease_id !== one.fence.leaseId || row.epoch !== one.fence.epoch)
      return false;
    return digests(row.output.artifacts) === digests(one.output.artifacts);
  });
  return new Set(same.map((one) => fenceKey(one.fence)));
}

interface Advance {
  readonly done: readonly DoneRow[];
  readonly completions: readonly Completion[];
  readonly rules: StageRules;
}

async function advance(tx: Transaction, { done, completions, rules }: Advance): Promise<void> {
  const byFence = new Map(completions.map((one) => [fenceKey(one.fence), one]));
  for (const row of done) {
    const completion = byFence.get(keyOfRow(row));
    if (completion === undefined) continue;
    const role = roleOf(row.kind);
    if (role === 'first') await startParts(tx, row.job_id, { completion, rules });
    if (role === 'close') await finishJob(tx, row.job_id, resultOf(completion.output));
  }
  await countDone(tx, { done, completions, rules });
}

async function startParts(
  tx: Transaction,
  jobId: string,
  { completion, rules }: { completion: Completion; rules: StageRules },
): Promise<void> {
  const { plan, planFailure } = completion;
  if (plan === undefined) {
    await failJob(tx, jobId, planFailure ?? { code: 'internal', stage: 'plan', message: 'no plan', log: '' });
    return;
  }
  const counted = plan.tasks.filter((task) => TASK_KINDS[task.kind].counts);
  const clips = counted.length;
  const frames = counted.reduce((sum, task) => sum + task.framesTotal, 0);
  await insertTasks(
    tx,
    jobId,
    plan.tasks.map((task) => ({ ...task, taskId: rules.newTaskId() })),
  );
  await sql`
    update jobs set state = 'encoding', plan = ${JSON.stringify(plan.summary)}::jsonb, open_tasks = ${plan.tasks.length},
      clips_total = ${clips}, clips_done = 0, frames_done = 0, frames_total = ${frames}
    where job_id = ${jobId}::uuid`.execute(tx);
  if (plan.tasks.length === 0) return finishJob(tx, jobId, undefined);
  await say(tx, { type: 'job.planned', jobId, data: { clips, frames } });
  await say(tx, { type: 'job.state', jobId, data: { state: 'encoding' } });
}

function resultOf({ artifacts }: TaskOutput): Artifact | undefined {
  return artifacts.find((artifact) => artifact.name === 'result');
}

async function finishJob(tx: Transaction, jobId: string, result: Artifact | undefined): Promise<void> {
  await sql`
    update jobs set state = 'succeeded', result = ${result ? JSON.stringify(result) : null}::jsonb, failure = null,
      finished_at = now()
    where job_id = ${jobId}::uuid`.execute(tx);
  await say(tx, { type: 'job.state', jobId, data: { state: 'succeeded' } });
}

async function countDone(tx: Transaction, { done, rules }: Advance): Promise<void> {
  const parts = done.filter((row) => roleOf(row.kind) === 'part');
  if (parts.length === 0) return;
  const clips = parts.map((row) => (TASK_KINDS[row.kind].counts ? 1 : 0));
  const { rows } = await sql<{ job_id: string; open_tasks: number; spec: JobSpec; plan: PlanSummary }>`
    update jobs j set open_tasks = j.open_tasks - d.tasks, clips_done = j.clips_done + d.clips,
      frames_done = j.frames_done + d.frames
    from (
      select job_id, count(*)::int as tasks, sum(clip)::int as clips, sum(frames * clip)::int as frames
      from unnest(${parts.map((row) => row.job_id)}::uuid[], ${clips}::int[],
        ${parts.map((row) => row.frames_total)}::int[]) as u(job_id, clip, frames) group by job_id
    ) d
    where j.job_id = d.job_id and j.state = 'encoding'
    returning j.job_id, j.open_tasks, j.spec, j.plan`.execute(tx);
  for (const job of rows) {
    if (job.open_tasks === 0) await afterParts(tx, job, rules);
  }
}

interface MergeableJob {
  readonly job_id: string;
  readonly spec: JobSpec;
  readonly plan: PlanSummary;
}

/** L10: in the transaction of the last part. */
export async function afterParts(tx: Transaction, job: MergeableJob, rules: StageRules): Promise<void> {
  if (hasClose(job.spec)) return startMerging(tx, job, rules);
  const { rows } = await sql<{ output: TaskOutput }>`
    select output from tasks where job_id = ${job.job_id}::uuid and kind in (${PARTS})`.execute(tx);
  const result = resultFile(
    job.spec,
    rows.map((row) => row.output),
  );
  await finishJob(tx, job.job_id, result);
}

async function startMerging(tx: Transaction, job: MergeableJob, rules: StageRules): Promise<void> {
  const { rows } = await sql<{ kind: TaskKind; output: TaskOutput; parts: TaskPart[] }>`
    select kind, output, parts from tasks where job_id = ${job.job_id}::uuid and kind in (${PARTS})
    order by clip_index`.execute(tx);
  const audio = rows.find((row) => row.kind === 'audio')?.output;
  const clips = rows.filter((row) => row.kind === 'encode');
  const encodes = clips.map(({ output, parts }) => ({ ...output, parts }));
  const task = rules.merge({ spec: job.spec, plan: job.plan, encodes, ...(audio ? { audio } : {}) });
  await insertTasks(tx, job.job_id, [{ ...task, taskId: rules.newTaskId() }]);
  await sql`update jobs set state = 'merging' where job_id = ${job.job_id}::uuid`.execute(tx);
  await say(tx, { type: 'job.state', jobId: job.job_id, data: { state: 'merging' } });
}
