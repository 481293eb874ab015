import { createHash } from 'node:crypto';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import { inSpan, traceFields, type Tracer } from '../../shared/trace.ts';
import { checkedSpec } from '../domain/check-spec.ts';
import { filmSpec } from '../domain/job-shape.ts';
import { firstTask } from '../domain/media-plan.ts';
import { indexOfSpec, namedIndex, noIndexJob } from '../domain/named-index.ts';
import type { PlanSummary } from '../domain/planner.ts';
import type { NewTask } from '../domain/task.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { JobStore } from '../store/job-store.ts';
import type { Transaction } from '../store/transaction.ts';
import type { JobView, SubmitInput } from './face.ts';
import type { IndexPlanner } from './index-planner.ts';
import type { Wake } from './wake.ts';

export interface SubmitDeps {
  readonly jobs: JobStore;
  readonly objects: ObjectStore;
  readonly planner: IndexPlanner;
  readonly ids: IdSource;
  readonly wake: Wake;
  readonly tracer: Tracer;
  readonly logger: Logger;
}

/** The first task of a job; of one that names an index, all that are planned from it. */
async function beginning(
  { jobs, planner }: SubmitDeps,
  { spec, ownerId }: SubmitInput,
): Promise<{ tasks: readonly NewTask[]; plan?: PlanSummary }> {
  const indexOf = indexOfSpec(spec);
  if (indexOf === undefined) return { tasks: [firstTask(spec)] };
  const film = filmSpec(spec);
  const named = await jobs.knownSource(indexOf, ownerId).catch((thrown: unknown) => {
    throw toGridError(thrown).code === 'not_found' ? noIndexJob(indexOf) : thrown;
  });
  const { summary, tasks } = await planner.planFilm(film, namedIndex(film, indexOf, named));
  return { tasks, plan: summary };
}

/** Makes a job of a checked spec. Everything that is read for it is read before its transaction writes. */
export async function submitJob(deps: SubmitDeps, input: SubmitInput, tx?: Transaction): Promise<JobView> {
  const span = deps.tracer.start('submit', input.traceparent ?? '', { 'clipgrid.dialect': input.dialect });
  return inSpan(span, async () => {
    const job = await submitTraced(deps, { ...input, traceparent: span.traceparent }, tx);
    span.set({ 'clipgrid.job.id': job.jobId });
    const { ownerId: owner, dialect } = job;
    const about = { job: job.jobId, ...traceFields(span.traceparent) };
    deps.logger.info({ ...about, owner, dialect }, 'job submitted');
    return job;
  });
}

async function submitTraced(deps: SubmitDeps, input: SubmitInput, tx?: Transaction): Promise<JobView> {
  const { jobs, objects, ids, wake } = deps;
  const spec = checkedSpec(input.spec);
  const { source } = spec;
  if ((await objects.stat(source)) === undefined) {
    throw new GridError('source_missing', `there is no source ${source.key}: upload it first`);
  }
  const { name, priority } = input;
  const specHash = createHash('sha256').update(JSON.stringify({ name, priority, spec })).digest('hex');
  const { tasks, ...begin } = await beginning(deps, { ...input, spec });
  const withIds = tasks.map((task) => ({ ...task, taskId: ids.uuid() }));
  const job = await jobs.submit(
    { ...input, ...begin, spec, jobId: ids.uuid(), specHash, tasks: withIds },
    tx,
  );
  wake.ring();
  return job;
}
