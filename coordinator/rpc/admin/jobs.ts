import type {
  AdminServiceServer,
  CancelJobRequest,
  DeleteJobRequest,
  GetJobRequest,
  ListJobEventsRequest,
  ListJobsRequest,
  RetryJobRequest,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { ownerFilter } from '../../domain/account.ts';
import { JOB_STATES, type JobState } from '../../domain/job.ts';
import { isText, WELL_FORMED } from '../../domain/requests.ts';
import { unary } from '../unary.ts';
import { invalidField, type AdminDeps } from './deps.ts';
import { eventMessage, jobMessage, listedJobMessage, listedTaskMessage } from './messages.ts';
import { namingToken, pageOf } from './paging.ts';

function jobStates(states: readonly string[]): JobState[] {
  const known: readonly string[] = JOB_STATES;
  const wrong = states.find((state) => !known.includes(state));
  if (wrong !== undefined) throw invalidField('states', wrong, `one of ${JOB_STATES.join(', ')}`);
  return [...new Set(states)] as JobState[];
}

const MAX_SEARCH_CHARS = 500;

function searchText(field: string, text: string): string {
  if (text.length > MAX_SEARCH_CHARS)
    throw invalidField(field, text, `at most ${MAX_SEARCH_CHARS} characters`);
  if (!isText(text)) throw invalidField(field, text, WELL_FORMED);
  return text;
}

export function jobCalls(
  deps: AdminDeps,
): Pick<
  AdminServiceServer,
  'listJobs' | 'getJob' | 'cancelJob' | 'retryJob' | 'deleteJob' | 'listJobEvents'
> {
  const { jobs } = deps.grid;
  return {
    listJobs: unary(deps, 'read', async (request: ListJobsRequest, principal) => {
      const ownerId = ownerFilter(principal);
      const states = jobStates(request.states);
      const query = {
        ...pageOf(request),
        ...(ownerId === undefined ? {} : { ownerId }),
        ...(states.length === 0 ? {} : { states }),
        ...(request.name === '' ? {} : { name: searchText('name', request.name) }),
        ...(request.dialect === '' ? {} : { dialect: searchText('dialect', request.dialect) }),
      };
      const page = await namingToken(request, jobs.list(query));
      return { jobs: page.items.map(listedJobMessage), nextPageToken: page.nextCursor ?? '' };
    }),

    getJob: unary(deps, 'read', async ({ jobId }: GetJobRequest, principal) => {
      const job = await jobs.get(jobId, ownerFilter(principal));
      const [page, waiting, dialectDetails] = await Promise.all([
        jobs.listTasks({ jobId, ...pageOf({ pageSize: 0, pageToken: '' }) }),
        jobs.explainJob(jobId),
        deps.dialectDetails(job),
      ]);
      const tasks = page.items.map(listedTaskMessage);
      const nextPageToken = page.nextCursor ?? '';
      return { job: jobMessage(job), tasks, waiting, nextPageToken, dialectDetails: { ...dialectDetails } };
    }),

    listJobEvents: unary(deps, 'read', async (request: ListJobEventsRequest, principal) => {
      const { jobId } = await jobs.get(request.jobId, ownerFilter(principal));
      const page = await namingToken(request, deps.grid.events.history({ jobId, ...pageOf(request) }));
      return { events: page.items.map(eventMessage), nextPageToken: page.nextCursor ?? '' };
    }),

    deleteJob: unary(deps, 'admin', async ({ jobId }: DeleteJobRequest) => {
      await jobs.remove(jobId);
      return {};
    }),

    cancelJob: unary(deps, 'admin', async ({ jobId }: CancelJobRequest) => ({
      job: jobMessage(await jobs.cancel(jobId)),
    })),

    retryJob: unary(deps, 'admin', async ({ jobId }: RetryJobRequest) => ({
      job: jobMessage(await jobs.retry(jobId)),
    })),
  };
}
