import { GridError, type ErrorCode } from '../../shared/errors.ts';
import type { FilmSpec, JobSpec, JobState } from './job.ts';
import type { PlanSummary } from './planner.ts';
import type { Artifact } from './task.ts';

/** Another job, as far as its index matters. */
export interface IndexedJob {
  readonly spec: JobSpec;
  readonly state: JobState;
  readonly plan?: PlanSummary;
  readonly collected: boolean;
}

/** The job whose index a job names; undefined: it has one of its own. */
export function indexOfSpec(spec: JobSpec): string | undefined {
  return spec.shape === undefined || spec.shape === 'film' ? spec.indexOf : undefined;
}

function refusal(code: ErrorCode, indexOf: string, why: string): GridError {
  return new GridError(code, `indexOf ${indexOf}: ${why}`, { details: { field: 'indexOf', value: indexOf } });
}

/** The error of a job that is not there, or is somebody else's. */
export function noIndexJob(indexOf: string): GridError {
  return refusal('not_found', indexOf, 'there is no such job');
}

/** The error of a job whose index went away in the moment in which another one named it. */
export function indexGone(indexOf: string): GridError {
  return refusal('failed_precondition', indexOf, 'its index has been collected: submit an index job');
}

/** The error of a job that is to be removed although others stand on its index. */
export function indexInUse(jobId: string, jobs: number): GridError {
  const message = `${jobs} other jobs use the index of job ${jobId} (indexOf): remove those first`;
  return new GridError('failed_precondition', message, { details: { field: 'job_id', value: jobId } });
}

/** The index that a job names, and what else of the source was kept; each reason against it names the field. */
export function namedIndex(
  { source }: FilmSpec,
  indexOf: string,
  { spec, state, plan, collected }: IndexedJob,
): { readonly index: Artifact; readonly sidecar?: Artifact } {
  const same = (['bucket', 'key', 'sizeBytes'] as const).every((key) => spec.source[key] === source[key]);
  if (!same)
    throw refusal(
      'invalid_argument',
      indexOf,
      `its source is ${spec.source.key}, not ${source.key} as it is now`,
    );
  if (plan === undefined)
    throw refusal('failed_precondition', indexOf, `its index is not committed: it is ${state}`);
  const { index, sidecar } = plan;
  if (index === undefined)
    throw refusal('failed_precondition', indexOf, `it has no index: it is of shape ${spec.shape ?? 'film'}`);
  if (collected) throw indexGone(indexOf);
  return { index, ...(sidecar ? { sidecar } : {}) };
}
