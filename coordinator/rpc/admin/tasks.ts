import { GridError } from '../../../shared/errors.ts';
import type {
  AdminServiceServer,
  CancelTaskRequest,
  GetTaskRequest,
  ListTasksRequest,
  RetryTaskRequest,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { ownerFilter, type Principal } from '../../domain/account.ts';
import type { TaskView } from '../../domain/task.ts';
import type { JobsFace } from '../../grid/face.ts';
import { unary } from '../unary.ts';
import type { AdminDeps } from './deps.ts';
import { listedTaskMessage, taskMessage } from './messages.ts';
import { namingToken, pageOf } from './paging.ts';

/** A task, if its job may be seen; somebody else's is as good as none. */
export async function visibleTask(jobs: JobsFace, principal: Principal, taskId: string): Promise<TaskView> {
  const task = await jobs.task(taskId);
  const ownerId = ownerFilter(principal);
  if (ownerId === undefined) return task;
  try {
    await jobs.get(task.jobId, ownerId);
  } catch (thrown) {
    if (!(thrown instanceof GridError && thrown.code === 'not_found')) throw thrown;
    throw new GridError('not_found', `there is no task ${taskId}`, {
      details: { field: 'task_id', value: taskId },
    });
  }
  return task;
}

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
      task: taskMessage(await visibleTask(jobs, principal, taskId)),
    })),

    cancelTask: unary(deps, 'admin', async ({ taskId }: CancelTaskRequest) => ({
      task: taskMessage(await jobs.cancelTask(taskId)),
    })),

    retryTask: unary(deps, 'admin', async ({ taskId }: RetryTaskRequest) => ({
      task: taskMessage(await jobs.retryTask(taskId)),
    })),
  };
}
