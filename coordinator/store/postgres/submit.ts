import { sql } from 'kysely';
import { GridError } from '../../../shared/errors.ts';
import { indexGone, indexOfSpec } from '../../domain/named-index.ts';
import { TASK_KINDS } from '../../domain/task-kinds.ts';
import type { JobView } from '../../grid/face.ts';
import type { NewJob } from '../job-store.ts';
import type { Transaction } from '../transaction.ts';
import { insertTasks } from './insert-tasks.ts';
import { getJob } from './job-reads.ts';
import { notify, say } from './say.ts';

/** A job and its first task, or all that are planned, in the caller's transaction. */
export async function submit(tx: Transaction, job: NewJob): Promise<JobView> {
  const { jobId, name, dialect, plan, spec } = job;
  const indexOf = plan && indexOfSpec(spec);
  if (indexOf !== undefined) await keepIndex(tx, indexOf, plan?.index?.key);
  const clips = job.tasks.filter((task) => TASK_KINDS[task.kind].counts);
  const begin = {
    state: plan ? 'encoding' : 'indexing',
    openTasks: plan ? job.tasks.length : 0,
    clips: clips.length,
    frames: clips.reduce((sum, clip) => sum + clip.framesTotal, 0),
  };
  const { rows } = await sql<{ job_id: string }>`
    insert into jobs (job_id, owner_id, dialect, name, state, priority, spec, spec_hash, idempotency_key, plan, open_tasks,
      clips_total, frames_total, started_at, index_of, preview, traceparent)
    values (${jobId}::uuid, ${job.ownerId}, ${dialect}, ${name}, ${begin.state}, ${job.priority},
      ${JSON.stringify(spec)}::jsonb, ${job.specHash}, ${job.idempotencyKey ?? null},
      ${plan ? JSON.stringify(plan) : null}::jsonb, ${begin.openTasks}, ${begin.clips}, ${begin.frames},
      case when ${plan !== undefined} then now() end, ${indexOf ?? null}::uuid,
      ${spec.shape === 'preview'}, ${job.traceparent ?? ''})
    on conflict (owner_id, idempotency_key) where idempotency_key is not null do nothing
    returning job_id`.execute(tx);
  if (rows.length === 0) return existing(tx, job);
  await insertTasks(tx, jobId, job.tasks);
  await say(tx, { type: 'job.created', jobId, data: { name, dialect } });
  if (plan) {
    await say(tx, { type: 'job.planned', jobId, data: { clips: begin.clips, frames: begin.frames } });
    await say(tx, { type: 'job.state', jobId, data: { state: 'encoding' } });
  }
  await notify(tx, { wake: 'tasks' });
  return getJob(tx, jobId);
}

/** From now on the index stays until its job is removed, and that is not while another one stands on it. */
async function keepIndex(tx: Transaction, indexOf: string, key: string | undefined): Promise<void> {
  const { rows } = await sql`
    update jobs set index_kept = true
    where job_id = ${indexOf}::uuid and collected_at is null and plan->'index'->>'key' = ${key ?? null}
    returning job_id`.execute(tx);
  if (rows.length === 0) throw indexGone(indexOf);
}

async function existing(tx: Transaction, job: NewJob): Promise<JobView> {
  const { rows } = await sql<{ job_id: string; spec_hash: string }>`
    select job_id, spec_hash from jobs
    where owner_id = ${job.ownerId} and idempotency_key = ${job.idempotencyKey ?? null}`.execute(tx);
  const row = rows[0];
  if (row?.spec_hash === job.specHash) return getJob(tx, row.job_id);
  throw new GridError(
    'already_exists',
    `Idempotency-Key ${job.idempotencyKey} was used for another job (${row?.job_id}): use a new key for a new job`,
    { details: { field: 'Idempotency-Key', value: job.idempotencyKey } },
  );
}
