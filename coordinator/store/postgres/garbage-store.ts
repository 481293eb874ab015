import { sql } from 'kysely';
import { toGridError } from '../../../shared/errors.ts';
import { parseLeaseKey } from '../../domain/object-keys.ts';
import type { CollectOptions, GarbageRef, GarbageStore } from '../garbage-store.ts';
import type { Db } from '../transaction.ts';
import { ARTIFACTS, isKept } from './artifacts.ts';
import { removeJob } from './remove-job.ts';

/** Mark and garbage are one statement. A redo that came first has taken the job's state away, so it is not collected. */
async function collectJobs(db: Db, { endedMs, failedMs, limit }: CollectOptions): Promise<number> {
  const { rows } = await sql<{ job_id: string }>`
    with ended as (
      select job_id, result->>'key' as result_key from jobs
      where collected_at is null and coalesce((spec->>'keepIntermediates')::boolean, false) = false
        and spec->>'shape' is distinct from 'index' and not index_kept
        and (state in ('succeeded', 'cancelled') and finished_at < now() - ${endedMs} * interval '1 millisecond'
          or state = 'failed' and finished_at < now() - ${failedMs} * interval '1 millisecond')
      order by finished_at limit ${limit} for no key update skip locked
    ), thrown_away as (
      insert into garbage (refs)
      select jsonb_agg(jsonb_build_object('bucket', a->>'bucket', 'key', a->>'key'))
      from ended e join tasks t using (job_id), ${ARTIFACTS} a
      where a->>'key' is distinct from e.result_key and not ${isKept(sql`a`)} group by e.job_id
    ), clips as (
      update tasks t set state = 'cancelled', epoch = t.epoch + 1, output = null from ended e
      where t.job_id = e.job_id and t.kind = 'clip' and t.state = 'succeeded'
    )
    update jobs j set collected_at = now() from ended e where j.job_id = e.job_id returning j.job_id`.execute(
    db,
  );
  return rows.length;
}

/** A clip to look at lives as long as its task is `succeeded`: of a job that is collected already it has a time of its own. */
async function collectClips(db: Db, { failedMs, limit }: CollectOptions): Promise<number> {
  const { rows } = await sql<{ task_id: string }>`
    with old as (
      select t.task_id, t.output from tasks t join jobs j using (job_id)
      where t.kind = 'clip' and t.state = 'succeeded' and j.collected_at is not null
        and t.finished_at < now() - ${failedMs} * interval '1 millisecond'
      order by t.finished_at limit ${limit} for update of t skip locked
    ), thrown_away as (
      insert into garbage (refs)
      select jsonb_agg(jsonb_build_object('bucket', a->>'bucket', 'key', a->>'key'))
      from old o, jsonb_array_elements(o.output->'artifacts') a group by o.task_id
    )
    update tasks t set state = 'cancelled', epoch = t.epoch + 1, output = null from old o
    where t.task_id = o.task_id returning t.task_id`.execute(db);
  return rows.length;
}

async function removePreviews(db: Db, ageMs: number, limit: number): Promise<number> {
  const { rows } = await sql<{ job_id: string }>`
    select job_id from jobs where preview and created_at < now() - ${ageMs} * interval '1 millisecond'
    order by created_at limit ${limit}`.execute(db);
  for (const row of rows) {
    await db
      .transaction()
      .execute((tx) => removeJob(tx, row.job_id))
      .catch((thrown: unknown) => {
        // Its owner, or another coordinator, was first.
        if (toGridError(thrown).code !== 'not_found') throw thrown;
      });
  }
  return rows.length;
}

async function expireUploads(db: Db, idleMs: number, limit: number): Promise<number> {
  const { rows } = await sql<{ upload_id: string }>`
    with idle as (
      select upload_id from uploads
      where state = 'open' and touched_at < now() - ${idleMs} * interval '1 millisecond'
      order by touched_at limit ${limit} for update skip locked
    ), gone as (
      delete from uploads u using idle i where u.upload_id = i.upload_id
      returning u.upload_id, u.bucket, u.object_key, u.multipart_id
    ), thrown_away as (
      insert into garbage (refs)
      select jsonb_build_array(jsonb_strip_nulls(
        jsonb_build_object('bucket', bucket, 'key', object_key, 'multipartId', multipart_id))) from gone
    )
    select upload_id from gone`.execute(db);
  return rows.length;
}

interface Parsed {
  readonly key: string;
  readonly taskId: string;
  readonly epoch: number;
  /** Empty for a published artifact. */
  readonly leaseId: string;
}

/**
 * The fence is in the key, and an epoch only ever grows (L1): what cannot be committed now never can. So this needs no
 * waiting time. A published object stays while its lease may still commit it, and after that as long as a row names it.
 */
async function orphans(db: Db, keys: readonly string[]): Promise<string[]> {
  const parsed = keys.flatMap((key): Parsed[] => {
    const fence = parseLeaseKey(key);
    return fence === undefined ? [] : [{ key, ...fence, leaseId: fence.leaseId ?? '' }];
  });
  if (parsed.length === 0) return [];
  const { rows } = await sql<{ key: string }>`
    with said as materialized (
      select * from unnest(
        ${parsed.map((one) => one.key)}::text[],
        ${parsed.map((one) => one.taskId)}::uuid[],
        ${parsed.map((one) => one.epoch)}::int[],
        ${parsed.map((one) => one.leaseId)}::text[]) as k(key, task_id, epoch, lease_id)
    ), named as materialized (
      -- Once a task: one that made thousands of files is asked for the key of each.
      select t.task_id, a->>'key' as key, ${isKept(sql`a`)} as is_kept from tasks t, ${ARTIFACTS} a
      where t.task_id in (select task_id from said where lease_id = '')
    )
    select k.key from said k
    where not exists (
      select 1 from tasks t join jobs j using (job_id) where t.task_id = k.task_id and (
        t.state in ('leased', 'ready') and t.epoch = k.epoch and (k.lease_id = '' or k.lease_id = t.lease_id::text)
        or k.lease_id = '' and j.result->>'key' = k.key
        or k.lease_id = '' and (j.collected_at is null or t.kind = 'clip')
          and (t.task_id, k.key) in (select task_id, key from named)
        or k.lease_id = '' and t.state = 'succeeded'
          and (t.task_id, k.key) in (select task_id, key from named where is_kept)))`.execute(db);
  return rows.map((row) => row.key);
}

/** Garbage on PostgreSQL. */
export function postgresGarbageStore(db: Db): GarbageStore {
  return {
    collectJobs: (options) => collectJobs(db, options),
    collectClips: (options) => collectClips(db, options),
    removePreviews: (ageMs, limit) => removePreviews(db, ageMs, limit),
    expireUploads: (idleMs, limit) => expireUploads(db, idleMs, limit),
    async garbage(limit) {
      const { rows } = await sql<{ garbage_id: number; refs: GarbageRef[] }>`
        select garbage_id, refs from garbage order by garbage_id limit ${limit}`.execute(db);
      return rows.map((row) => ({ id: row.garbage_id, refs: row.refs }));
    },
    async drop(id) {
      await sql`delete from garbage where garbage_id = ${id}`.execute(db);
    },
    orphans: (keys) => orphans(db, keys),
  };
}
