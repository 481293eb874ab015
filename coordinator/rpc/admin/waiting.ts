import type { AdminServiceServer, ExplainWaitingRequest } from '../../../shared/gen/clipgrid/v1/admin.ts';
import { ownerFilter } from '../../domain/account.ts';
import { unary } from '../unary.ts';
import { invalidField, type AdminDeps } from './deps.ts';

export function waitingCalls(deps: AdminDeps): Pick<AdminServiceServer, 'explainWaiting'> {
  const { jobs } = deps.grid;
  return {
    explainWaiting: unary(deps, 'read', async ({ subject }: ExplainWaitingRequest, principal) => {
      switch (subject?.$case) {
        case 'jobId': {
          const { jobId } = await jobs.get(subject.value, ownerFilter(principal));
          return { reason: await jobs.explainJob(jobId) };
        }
        case 'taskId': {
          const { taskId } = await jobs.task(subject.value, ownerFilter(principal));
          return { reason: await jobs.explainTask(taskId) };
        }
        case undefined:
          throw invalidField('subject', null, 'give a job_id or a task_id');
      }
    }),
  };
}
