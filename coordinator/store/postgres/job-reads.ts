import { sql, type RawBuilder } from 'kysely';
import { GridError } from '../../../shared/errors.ts';
import type { TaskResult } from '../../../shared/gen/clipgrid/v1/task.ts';
import { isUuid } from '../../../shared/ids.ts';
import type { JobShape } from '../../domain/job.ts';
import type { Artifact, TaskBrief, TaskKind, TaskView } from '../../domain/task.ts';
import type { KnownSource } from '../job-store.ts';
import type { JobQuery, JobView, Page, TaskQuery } from '../../grid/face.ts';
import type { PlanSummary } from '../../domain/planner.ts';
import type { Db, Transaction } from '../transaction.ts';
import { ARTIFACTS, isFile } from './artifacts.ts';
import {
  BRIEF_COLUMNS,
  JOB_COLUMNS,
  JOB_STATE,
  RUNNING,
  TASK_COLUMNS,
  toJobView,
  toTaskBrief,
  toTaskView,
  type JobRow,
  type TaskBriefRow,
  type TaskRow,
} from './job-rows.ts';
import { IN_ORDER, WITH_FILES } from './kinds.ts';

/** The error of an id that does not exist, is no id, or belongs to somebody else. */
export function noJob(jobId: string): GridError {
  return new GridError('not_found', `there is no job ${jobId}`, {
    details: { field: 'job_id', value: jobId },
  });
}

export function noTask(taskId: string): GridError {
  return new GridError('not_found', `there is no task ${taskId}`, {
    details: { field: 'task_id', value: taskId },
  });
}

export async function getJob(db: Db | Transaction, jobId: string, ownerId?: string): Promise<JobView> {
  if (!isUuid(jobId)) throw noJob(jobId);
  const { rows } = await sql<JobRow>`
    select ${JOB_COLUMNS} from jobs j ${RUNNING}
    where j.job_id = ${jobId}::uuid and (${ownerId ?? null}::text is null or j.owner_id = ${ownerId ?? null})`.execute(
    db,
  );
  const row = rows[0];
  if (row === undefined) throw noJob(jobId);
  return toJobView(row);
}

export async function knownSource(db: Db, jobId: string, ownerId: string): Promise<KnownSource> {
  if (!isUuid(jobId)) throw noJob(jobId);
  const { rows } = await sql<KnownSource & { plan: PlanSummary | null }>`
    select spec, state, plan, collected_at is not null as collected from jobs
    where job_id = ${jobId}::uuid and owner_id = ${ownerId}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw noJob(jobId);
  const { plan, ...known } = row;
  return { ...known, ...(plan ? { plan } : {}) };
}

interface Cursor {
  readonly at: string;
  readonly id: string;
}

export function badCursor(cursor: string): GridError {
  return new GridError('invalid_argument', `cursor ${JSON.stringify(cursor)} is not one that a list gave`, {
    details: { field: 'cursor', value: cursor },
  });
}

/** The 30th of February is one to JavaScript, and an error to PostgreSQL. */
function isDay(at: string): boolean {
  const time = new Date(at);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(at.slice(0, 16));
}

function parseCursor(cursor: string): Cursor {
  const [at, id] = Buffer.from(cursor, 'base64url').toString().split('|');
  const known = at !== undefined && /^[1-9]\d{3}-\d\d-\d\dT[\d:.]{8,15}Z$/.test(at) && isDay(at);
  if (!known || id === undefined || !isUuid(id)) throw badCursor(cursor);
  return { at, id };
}

/** Previews are told of only where they are asked for. */
function ofShape(shape: JobShape | undefined): RawBuilder<unknown> {
  if (shape === undefined) return sql`not j.preview`;
  if (shape === 'preview') return sql`j.preview`;
  return sql`coalesce(j.spec->>'shape', 'film') = ${shape}`;
}

/** Newest first. The cursor holds the full precision of the database's time, so that no job is skipped. */
export async function listJobs(db: Db, query: JobQuery): Promise<Page<JobView>> {
  const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor);
  const states = query.states === undefined ? null : [...query.states];
  const stored = new Set(states?.map((state) => (state === 'queued' ? 'indexing' : state)));
  // By this the index of one state is found; the condition on `states` below is the whole of it.
  const one = stored.size === 1 ? [...stored].join() : null;
  const { rows } = await sql<JobRow & { at_text: string }>`
    select ${JOB_COLUMNS}, to_char(j.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at_text
    from jobs j ${RUNNING}
    where (${query.ownerId ?? null}::text is null or j.owner_id = ${query.ownerId ?? null})
      and (${query.dialect ?? null}::text is null or j.dialect = ${query.dialect ?? null})
      and (${query.name ?? null}::text is null or strpos(lower(j.name), lower(${query.name ?? null})) > 0)
      and (${query.idempotencyKey ?? null}::text is null or j.idempotency_key = ${query.idempotencyKey ?? null})
      and ${ofShape(query.shape)}
      and (${one}::text is null or j.state = ${one})
      and (${states}::text[] is null
        or (${JOB_STATE}) = any(${states}::text[]))
      and (${cursor?.at ?? null}::timestamptz is null
        or (j.created_at, j.job_id) < (${cursor?.at ?? null}::timestamptz, ${cursor?.id ?? null}::uuid))
    order by j.created_at desc, j.job_id desc limit ${query.limit + 1}`.execute(db);
  const items = rows.slice(0, query.limit);
  const last = items.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return {
    items: items.map(toJobView),
    ...(more ? { nextCursor: Buffer.from(`${last.at_text}|${last.job_id}`).toString('base64url') } : {}),
  };
}

const KIND_ORDER = sql`array_position(array[${IN_ORDER}], t.kind)`;

export async function tasksOfJob(db: Db, jobId: string): Promise<TaskView[]> {
  if (!isUuid(jobId)) throw noJob(jobId);
  const { rows } = await sql<TaskRow>`
    select ${TASK_COLUMNS} from tasks t left join agents a using (agent_id) where t.job_id = ${jobId}::uuid
    order by ${KIND_ORDER}, t.clip_index`.execute(db);
  return rows.map(toTaskView);
}

export async function briefTasksOfJob(db: Db, jobId: string): Promise<TaskBrief[]> {
  if (!isUuid(jobId)) throw noJob(jobId);
  const { rows } = await sql<TaskBriefRow>`
    select ${BRIEF_COLUMNS} from tasks t left join agents a using (agent_id) where t.job_id = ${jobId}::uuid
    order by ${KIND_ORDER}, t.clip_index`.execute(db);
  return rows.map(toTaskBrief);
}

/** After the task that the cursor names by kind and clip: there is one of each in a job. */
export async function listTasks(db: Db, { jobId, limit, cursor }: TaskQuery): Promise<Page<TaskView>> {
  if (!isUuid(jobId)) throw noJob(jobId);
  const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString();
  const [, kind = '0', clip = '-1'] = /^([1-9]\d?)\|(-1|\d{1,9})$/.exec(after) ?? [];
  if (cursor !== undefined && kind === '0') throw badCursor(cursor);
  const { rows } = await sql<TaskRow & { kind_order: number }>`
    select ${TASK_COLUMNS}, ${KIND_ORDER} as kind_order from tasks t left join agents a using (agent_id)
    where t.job_id = ${jobId}::uuid and (${KIND_ORDER}, t.clip_index) > (${Number(kind)}::int, ${Number(clip)}::int)
    order by ${KIND_ORDER}, t.clip_index limit ${limit + 1}`.execute(db);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    items: shown.map(toTaskView),
    ...(more
      ? { nextCursor: Buffer.from(`${last.kind_order}|${last.clip_index}`).toString('base64url') }
      : {}),
  };
}

export async function tasksOfAgent(
  db: Db,
  agentId: string | undefined,
  ownerId?: string,
): Promise<TaskView[]> {
  const { rows } = await sql<TaskRow>`
    select ${TASK_COLUMNS} from tasks t left join agents a using (agent_id)
    where ${agentId === undefined ? sql`true` : sql`t.agent_id = ${agentId}`} and t.state = 'leased' and (${ownerId ?? null}::text is null
      or exists (select from jobs j where j.job_id = t.job_id and j.owner_id = ${ownerId ?? null}))
    order by t.agent_id, t.granted_at, t.task_id`.execute(db);
  return rows.map(toTaskView);
}

/** The files that the committed tasks of a job brought, in no particular order. */
export async function filesOfJob(db: Db, jobId: string): Promise<Artifact[]> {
  if (!isUuid(jobId)) throw noJob(jobId);
  const { rows } = await sql<{ files: Artifact[] | null }>`
    select (select jsonb_agg(a) from tasks t, ${ARTIFACTS} a
      where t.job_id = j.job_id and t.kind in (${WITH_FILES}) and t.state = 'succeeded' and ${isFile(sql`a`)}) as files
    from jobs j where j.job_id = ${jobId}::uuid`.execute(db);
  const [row] = rows;
  if (row === undefined) throw noJob(jobId);
  return row.files ?? [];
}

export async function outcomeOfTask(db: Db, jobId: string, kind: TaskKind): Promise<TaskResult | undefined> {
  if (!isUuid(jobId)) throw noJob(jobId);
  const { rows } = await sql<{ result: TaskResult | null }>`
    select (select t.output->'result' from tasks t where t.job_id = j.job_id and t.kind = ${kind}
      and t.state = 'succeeded' order by t.clip_index limit 1) as result
    from jobs j where j.job_id = ${jobId}::uuid`.execute(db);
  const [row] = rows;
  if (row === undefined) throw noJob(jobId);
  return row.result ?? undefined;
}

export async function getTask(db: Db, taskId: string, ownerId?: string): Promise<TaskView> {
  if (!isUuid(taskId)) throw noTask(taskId);
  const { rows } = await sql<TaskRow>`
    select ${TASK_COLUMNS} from tasks t left join agents a using (agent_id)
    where t.task_id = ${taskId}::uuid and (${ownerId ?? null}::text is null
      or exists (select from jobs j where j.job_id = t.job_id and j.owner_id = ${ownerId ?? null}))`.execute(
    db,
  );
  const row = rows[0];
  if (row === undefined) throw noTask(taskId);
  return toTaskView(row);
}
