import { sql } from 'kysely';
import type { JobView } from '../../grid/face.ts';
import type { Db } from '../transaction.ts';
import { JOB_COLUMNS, RUNNING, toJobView, type JobRow } from './job-rows.ts';

/** Those of the jobs that are there; previews are in no list. */
export async function someJobs(db: Db, jobIds: readonly string[]): Promise<JobView[]> {
  const { rows } = await sql<JobRow>`
    select ${JOB_COLUMNS} from jobs j ${RUNNING} where j.job_id = any(${[...jobIds]}::uuid[])
      and not j.preview`.execute(db);
  return rows.map(toJobView);
}

/** Over leased tasks only, which an index holds: as many as there are slots, however many jobs there are. */
export async function runningJobs(db: Db): Promise<Map<string, string>> {
  const { rows } = await sql<{ job_id: string; mark: string }>`
    select t.job_id, concat_ws(' ', j.frames_done, j.clips_done, count(*), sum(t.frames_done), round(sum(t.fps)::numeric, 1),
      round(sum(t.speed)::numeric, 2), max(t.phase), max(t.granted_at)) as mark
    from tasks t join jobs j using (job_id) where t.state = 'leased' group by t.job_id, j.job_id`.execute(db);
  return new Map(rows.map(({ job_id: jobId, mark }) => [jobId, mark]));
}
