import type { JobResponse } from '../../../../http/responses.ts';
import type { Api } from '../../api/client.ts';

/** What can be done to jobs that are there. */
export interface JobAction {
  readonly verb: string;
  /** In the past, for the toast. */
  readonly done: string;
  readonly danger: boolean;
  readonly explain: string;
  readonly fits: (job: JobResponse) => boolean;
  readonly run: (api: Api, jobId: string) => Promise<unknown>;
}

const ENDED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);

export const JOB_ACTIONS: readonly JobAction[] = [
  {
    verb: 'Cancel',
    done: 'cancelled',
    danger: true,
    explain: 'Its agents stop at once. What is finished is kept: a retry goes on from there.',
    fits: (job) => !ENDED.has(job.state),
    run: (api, id) => api.postJson(`/jobs/${id}/cancel`),
  },
  {
    verb: 'Retry',
    done: 'goes on',
    danger: false,
    explain: 'It goes on from what was finished; what failed gets fresh attempts.',
    fits: (job) => job.state === 'failed' || job.state === 'cancelled',
    run: (api, id) => api.postJson(`/jobs/${id}/retry`),
  },
  {
    verb: 'Delete',
    done: 'deleted',
    danger: true,
    explain: 'Its result and everything else that is kept of it go with it. This cannot be taken back.',
    fits: (job) => ENDED.has(job.state),
    run: (api, id) => api.delete(`/jobs/${id}`),
  },
];

/** `one job` by its name, or how many. */
export function jobsInWords(jobs: readonly JobResponse[]): string {
  const [first] = jobs;
  return jobs.length === 1 && first ? `“${first.name}”` : `${jobs.length} jobs`;
}

const AT_ONCE = 6;

/** Does it to all, a few at once. Throws the first failure after all were tried. */
export async function runOnAll(
  action: JobAction,
  { api, jobs }: { api: Api; jobs: readonly JobResponse[] },
): Promise<void> {
  const left = [...jobs];
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let job = left.shift(); job; job = left.shift())
      await action.run(api, job.job_id).catch((thrown: unknown) => failures.push(thrown));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failures.length > 0) throw failures[0];
}
