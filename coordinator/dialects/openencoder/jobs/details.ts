import type { JobStore } from './job-store.ts';

/** What people are told of a job of the grid: which job of Open Encoder it is for. */
export async function jobDetails(jobs: JobStore, gridJobId: string): Promise<Record<string, string>> {
  const job = await jobs.ofGridJob(gridJobId);
  if (job === undefined) return {};
  return {
    id: String(job.job_id),
    guid: job.guid,
    preset: job.preset,
    source: job.source,
    dest: job.destination,
  };
}
