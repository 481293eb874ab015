import type { Db } from '../../store/transaction.ts';
import { tables } from './store.ts';

/** What people are told of a job of the grid: which call of create it is for, and as what. */
export async function jobDetails(db: Db, jobId: string): Promise<Record<string, string>> {
  const rendition = await tables(db)
    .selectFrom('anime_renditions')
    .select(['task_id', 'rendition', 'width', 'height'])
    .where('job_id', '=', jobId)
    .executeTakeFirst();
  const job = await tables(db)
    .selectFrom('anime_jobs')
    .select(['task_id', 'src_path', 'dst_path', 'anime_id', 'episode_code'])
    .$if(rendition === undefined, (query) => query.where('index_job_id', '=', jobId))
    .$if(rendition !== undefined, (query) => query.where('task_id', '=', rendition?.task_id ?? ''))
    .executeTakeFirst();
  if (job === undefined) return {};
  return {
    task_id: job.task_id,
    rendition: rendition ? `${rendition.rendition} (${rendition.width}x${rendition.height})` : 'index',
    src_path: job.src_path,
    dst_path: job.dst_path,
    ...(job.anime_id === null ? {} : { anime_id: job.anime_id }),
    ...(job.episode_code === null ? {} : { episode_code: job.episode_code }),
  };
}
