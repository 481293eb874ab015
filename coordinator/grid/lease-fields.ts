import { traceFields } from '../../shared/trace.ts';
import type { Fence } from '../domain/task.ts';

/** What every log line about a lease says, by the names that the agent's lines have, too. */
export function leaseFields(
  { taskId, leaseId }: Fence,
  about: { readonly agentId: string; readonly jobId?: string | undefined; readonly traceparent?: string },
): Readonly<Record<string, string>> {
  const job = about.jobId === undefined ? {} : { job: about.jobId };
  return {
    ...job,
    task: taskId,
    lease: leaseId,
    agent: about.agentId,
    ...traceFields(about.traceparent ?? ''),
  };
}
