import type {
  AdminServiceServer,
  CancelTaskRequest,
  GetTaskRequest,
  ListTasksRequest,
  RetryTaskRequest,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { ownerFilter } from '../../domain/account.ts';
import { unary } from '../unary.ts';
import type { AdminDeps } from './deps.ts';
import { listedTaskMessage, taskMessage } from './messages.ts';
import { namingToken, pageOf } from './paging.ts';

export function taskCalls(
  deps: AdminDeps,
): Pick<AdminServiceServer, 'listTasks' | 'getTask' | 'cancelTask' | 'retryTask'> {
  const { jobs } = deps.grid;
  return {
    listTasks: unary(deps, 'read', async (request: ListTasksRequest, principal) => {
      const { jobId } = await jobs.get(request.jobId, ownerFilter(principal));
      const page = await namingToken(request, jobs.listTasks({ jobId, ...pageOf(request) }));
      return { tasks: page.items.map(listedTaskMessage), nextPageToken: page.nextCursor ?? '' };
    }),

    getTask: unary(deps, 'read', async ({ taskId }: GetTaskRequest, principal) => ({
      task: taskMessage(await jobs.task(taskId, ownerFilter(principal))),
    })),

    cancelTask: unary(deps, 'admin', async ({ taskId }: CancelTaskRequest) => ({
      task: taskMessage(await jobs.cancelTask(taskId)),
    })),

    retryTask: unary(deps, 'admin', async ({ taskId }: RetryTaskRequest) => ({
      task: taskMessage(await jobs.retryTask(taskId)),
    })),
  };
}
