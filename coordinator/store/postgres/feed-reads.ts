import { sql } from 'kysely';
import type { JobProgress, TaskCounts } from '../../domain/task.ts';
import type { JobView } from '../../grid/face.ts';
import type { Db } from '../transaction.ts';
import { JOB_COLUMNS, JOB_STATE, RUNNING, toJobView, type JobRow } from './job-rows.ts';

/** Those of the jobs that are there; previews are in no list. */
export async function someJobs(db: Db, jobIds: readonly string[]): Promise<JobView[]> {
  const { rows } = await sql<JobRow>`
    select ${JOB_COLUMNS} from jobs j ${RUNNING} where j.job_id = any(${[...jobIds]}::uuid[])
      and not j.preview`.execute(db);
  return rows.map(toJobView);
}

interface ProgressRow extends Pick<JobRow, 'job_id' | 'state' | 'frames_total' | 'frames_done'> {
  leased: number;
  ready_again: number;
  ended: number;
}

function toProgress(row: ProgressRow): JobProgress {
  const tasks: TaskCounts = { leased: row.leased, readyAgain: row.ready_again, ended: row.ended };
  return { state: row.state, framesTotal: row.frames_total, framesDone: row.frames_done, tasks };
}

/** Tasks are counted where they lie: a job may have 10,000 of them. */
export async function progressOfJobs(db: Db, jobIds: readonly string[]): Promise<Map<string, JobProgress>> {
  const { rows } = await sql<ProgressRow>`
    select j.job_id, ${JOB_STATE} as state, j.frames_total, j.frames_done + coalesce(r.frames, 0)::int as frames_done, c.*
    from jobs j ${RUNNING} cross join lateral (
      select count(*) filter (where t.state = 'leased')::int as leased,
        count(*) filter (where t.state = 'ready' and t.granted_at is not null)::int as ready_again,
        count(*) filter (where t.state not in ('ready', 'leased'))::int as ended
      from tasks t where t.job_id = j.job_id
    ) c where j.job_id = any(${[...jobIds]}::uuid[])`.execute(db);
  return new Map(rows.map((row) => [row.job_id, toProgress(row)]));
}

/** Over leased tasks only, which an index holds: as many as there are slots, however many jobs there are. */
export async function runningJobs(db: Db): Promise<Map<string, string>> {
  const { rows } = await sql<{ job_id: string; mark: string }>`
    select t.job_id, concat_ws(' ', j.frames_done, j.clips_done, count(*), sum(t.frames_done), round(sum(t.fps)::numeric, 1),
      round(sum(t.speed)::numeric, 2), max(t.phase), max(t.granted_at)) as mark
    from tasks t join jobs j using (job_id) where t.state = 'leased' group by t.job_id, j.job_id`.execute(db);
  return new Map(rows.map(({ job_id: jobId, mark }) => [jobId, mark]));
}
