import type {
  AdminServiceServer,
  CancelJobRequest,
  GetJobRequest,
  ListJobsRequest,
  RetryJobRequest,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { ownerFilter } from '../../domain/account.ts';
import { JOB_STATES, type JobState } from '../../domain/job.ts';
import { unary } from '../unary.ts';
import { invalidField, type AdminDeps } from './deps.ts';
import { jobMessage, listedJobMessage, listedTaskMessage } from './messages.ts';
import { namingToken, pageOf } from './paging.ts';

function jobStates(states: readonly string[]): JobState[] {
  const known: readonly string[] = JOB_STATES;
  const wrong = states.find((state) => !known.includes(state));
  if (wrong !== undefined) throw invalidField('states', wrong, `one of ${JOB_STATES.join(', ')}`);
  return [...new Set(states)] as JobState[];
}

export function jobCalls(
  deps: AdminDeps,
): Pick<AdminServiceServer, 'listJobs' | 'getJob' | 'cancelJob' | 'retryJob'> {
  const { jobs } = deps.grid;
  return {
    listJobs: unary(deps, 'read', async (request: ListJobsRequest, principal) => {
      const ownerId = ownerFilter(principal);
      const states = jobStates(request.states);
      const query = {
        ...pageOf(request),
        ...(ownerId === undefined ? {} : { ownerId }),
        ...(states.length === 0 ? {} : { states }),
      };
      const page = await namingToken(request, jobs.list(query));
      return { jobs: page.items.map(listedJobMessage), nextPageToken: page.nextCursor ?? '' };
    }),

    getJob: unary(deps, 'read', async ({ jobId }: GetJobRequest, principal) => {
      const job = await jobs.get(jobId, ownerFilter(principal));
      const [page, waiting] = await Promise.all([
        jobs.listTasks({ jobId, ...pageOf({ pageSize: 0, pageToken: '' }) }),
        jobs.explainJob(jobId),
      ]);
      const tasks = page.items.map(listedTaskMessage);
      return { job: jobMessage(job), tasks, waiting, nextPageToken: page.nextCursor ?? '' };
    }),

    cancelJob: unary(deps, 'admin', async ({ jobId }: CancelJobRequest) => ({
      job: jobMessage(await jobs.cancel(jobId)),
    })),

    retryJob: unary(deps, 'admin', async ({ jobId }: RetryJobRequest) => ({
      job: jobMessage(await jobs.retry(jobId)),
    })),
  };
}
