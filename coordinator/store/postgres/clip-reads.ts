import { sql } from 'kysely';
import { isUuid } from '../../../shared/ids.ts';
import type { Failure } from '../../domain/job.ts';
import { THUMBNAIL } from '../../domain/task-kinds.ts';
import type { Artifact, ClipView, OpenWork, TaskState } from '../../domain/task.ts';
import type { Db } from '../transaction.ts';
import { noJob } from './job-reads.ts';
import { COUNTED, IN_ORDER } from './kinds.ts';
import { TASK_COLUMNS, toTaskView, type TaskRow } from './job-rows.ts';

/** Index, state, attempts, agent, frames done, frames in all, failure, SHA-256 of the segment. */
type ClipColumns = [number, TaskState, number, string | null, number, number, Failure | null, string | null];

function toClipView(columns: ClipColumns): ClipView {
  const [index, state, attempts, agentName, framesDone, framesTotal, failure, segmentSha256] = columns;
  return {
    index,
    state,
    attempts,
    ...(agentName ? { agentName } : {}),
    framesDone,
    framesTotal,
    ...(failure ? { failure } : {}),
    ...(segmentSha256 ? { segmentSha256 } : {}),
  };
}

/** All in one JSON text: the driver takes ten times as long for as many rows and columns. */
export async function clipsOfJob(db: Db, jobId: string): Promise<ClipView[]> {
  if (!isUuid(jobId)) throw noJob(jobId);
  const { rows } = await sql<{ clips: ClipColumns[] | null }>`
    select json_agg(json_build_array(t.clip_index, t.state, t.attempts, a.name, t.frames_done, t.frames_total, t.failure,
      case when t.state = 'succeeded' and t.parts = '[]'
        then jsonb_path_query_first(t.output, '$.artifacts[*] ? (@.name == "segment").sha256') end)
      order by t.clip_index) as clips
    from tasks t left join agents a using (agent_id) where t.job_id = ${jobId}::uuid and t.kind = 'encode'`.execute(
    db,
  );
  return (rows[0]?.clips ?? []).map(toClipView);
}

/** Of one row, found by job, kind and clip. */
export async function thumbnailOfClip(
  db: Db,
  jobId: string,
  clipIndex: number,
): Promise<Artifact | undefined> {
  if (!isUuid(jobId)) throw noJob(jobId);
  const { rows } = await sql<{ picture: Artifact | null }>`
    select jsonb_path_query_first(output, '$.artifacts[*] ? (@.name == $name)', ${JSON.stringify({ name: THUMBNAIL })}::jsonb)
      as picture
    from tasks where job_id = ${jobId}::uuid and kind = 'encode' and clip_index = ${clipIndex}
      and state = 'succeeded'`.execute(db);
  return rows[0]?.picture ?? undefined;
}

interface OpenRow extends Partial<TaskRow> {
  has_clips: boolean;
  is_running: boolean;
}

/** The first ready task of each kind is found by the index of job, kind and clip, without a look at the others. */
export async function openWork(db: Db, jobId: string): Promise<OpenWork> {
  if (!isUuid(jobId)) throw noJob(jobId);
  const { rows } = await sql<OpenRow>`
    select facts.*, r.* from (
      select exists (select from tasks where job_id = ${jobId}::uuid and kind in (${COUNTED})) as has_clips,
        exists (select from tasks where job_id = ${jobId}::uuid and state = 'leased') as is_running
    ) facts left join lateral (
      select one.* from unnest(array[${IN_ORDER}]) with ordinality k(kind, place),
      lateral (
        select ${TASK_COLUMNS} from tasks t left join agents a using (agent_id)
        where t.job_id = ${jobId}::uuid and t.kind = k.kind and t.state = 'ready' order by t.clip_index limit 1
      ) one order by k.place limit 1
    ) r on true`.execute(db);
  const [row] = rows;
  return {
    hasClips: row?.has_clips ?? false,
    isRunning: row?.is_running ?? false,
    ...(row?.task_id ? { firstReady: toTaskView(row as TaskRow) } : {}),
  };
}

/** Made of the transactions that wrote the rows last: every write of a row is another one. Names of agents come from elsewhere. */
export async function stampOf(db: Db, jobId: string): Promise<string> {
  if (!isUuid(jobId)) throw noJob(jobId);
  const { rows } = await sql<{ stamp: string }>`
    select concat_ws(' ', j.xmin, t.count, t.hash) as stamp from jobs j, lateral (
      select count(*), sum(hashtextextended(concat_ws(' ', t.task_id, t.xmin, a.name), 0)) as hash
      from tasks t left join agents a using (agent_id) where t.job_id = j.job_id
    ) t where j.job_id = ${jobId}::uuid`.execute(db);
  const [row] = rows;
  if (row === undefined) throw noJob(jobId);
  return row.stamp;
}
