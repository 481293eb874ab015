import { sql } from 'kysely';
import { GridError } from '../../../shared/errors.ts';
import type { JobView } from '../../grid/face.ts';
import type { NewJob } from '../job-store.ts';
import type { Transaction } from '../transaction.ts';
import { insertTasks } from './insert-tasks.ts';
import { getJob } from './job-reads.ts';
import { notify, say } from './say.ts';

/** A job and its first task, in the caller's transaction. */
export async function submit(tx: Transaction, job: NewJob): Promise<JobView> {
  const { rows } = await sql<{ job_id: string }>`
    insert into jobs (job_id, owner_id, dialect, name, state, priority, spec, spec_hash, idempotency_key)
    values (${job.jobId}::uuid, ${job.ownerId}, ${job.dialect}, ${job.name}, 'indexing', ${job.priority},
      ${JSON.stringify(job.spec)}::jsonb, ${job.specHash}, ${job.idempotencyKey ?? null})
    on conflict (owner_id, idempotency_key) where idempotency_key is not null do nothing
    returning job_id`.execute(tx);
  if (rows.length === 0) return existing(tx, job);
  await insertTasks(tx, job.jobId, [job.firstTask]);
  await say(tx, { type: 'job.created', jobId: job.jobId, data: { name: job.name, dialect: job.dialect } });
  await notify(tx, { wake: 'tasks' });
  return getJob(tx, job.jobId);
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
