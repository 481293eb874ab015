import { GridError, toGridError } from '../../../../shared/errors.ts';
import { fileName } from '../../../../shared/file-names.ts';
import { shapeOf } from '../../../domain/job-shape.ts';
import type { Artifact } from '../../../domain/task.ts';
import type { Context } from '../context.ts';
import { bucketAddress } from '../storage/bucket-address.ts';
import { Bucket } from '../storage/bucket.ts';
import { showEnded } from './ended-jobs.ts';
import type { JobRow } from './job-store.ts';
import { isResultFile, keyOf } from './places.ts';
import { Superseded, type Step } from './step.ts';
import type { WorkStore } from './work-store.ts';

interface ResultFile {
  readonly artifact: Artifact;
  readonly key: string;
}

async function resultOf({ parts }: Context, row: JobRow): Promise<ResultFile[]> {
  if (row.grid_job_id === null) return [];
  const prefix = keyOf(row.destination);
  const { result, spec } = await parts.grid.jobs.get(row.grid_job_id);
  // Of clips one file is made, which has no name yet.
  if (shapeOf(spec) === 'film')
    return result === undefined ? [] : [{ artifact: result, key: prefix + (row.output_name ?? '') }];
  const artifacts = await parts.grid.jobs.files(row.grid_job_id);
  return artifacts.flatMap((artifact) => {
    const name = fileName(artifact);
    return name !== undefined && isResultFile(name) ? [{ artifact, key: prefix + name }] : [];
  });
}

async function outbound({ options, parts }: Context): Promise<Bucket> {
  const address = bucketAddress(await options.all(), 'outbound');
  if (address === undefined)
    throw new GridError('failed_precondition', 'the object store is not configured in the settings');
  return new Bucket(address, parts.clock);
}

/** Removes what an earlier revision, or a cancelled one, wrote. What the store does not remove now is tried again. */
export async function removeLost(
  context: Context,
  { work, limit, jobId }: { work: WorkStore; limit: number; jobId?: number },
): Promise<void> {
  const lost = await work.lostOutputs(limit, jobId);
  if (lost.length === 0) return;
  const bucket = await outbound(context);
  const failures: unknown[] = [];
  for (const [, outputs] of Map.groupBy(lost, ({ job_id, revision }) => `${job_id}/${revision}`)) {
    try {
      for (const output of outputs) {
        if (output.bucket === bucket.name) await bucket.remove([output.object_key]);
      }
      for (const output of outputs) await work.forgetOutput(output);
    } catch (error) {
      failures.push(error);
      // A store that is away removes none of the others either.
      if (toGridError(error).retryable) break;
    }
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Copies the files of a job's result to the outbound bucket. The job is `completed` only when the store has confirmed each
 * of them; what is written of a job that is cancelled meanwhile is removed again.
 */
export async function publish(
  context: Context,
  work: WorkStore,
  { row, step }: { row: JobRow; step: Step },
): Promise<void> {
  const { parts, notices } = context;
  await removeLost(context, { work, limit: 10_000, jobId: row.job_id });
  const files = await resultOf(context, row);
  if (files.length === 0) throw new GridError('internal', 'the encode left no file');
  const bucket = await outbound(context);
  step.totalBytes = files.reduce((sum, { artifact }) => sum + artifact.sizeBytes, 0);
  const { job_id, revision } = row;
  const outputs = files.map(({ key }) => ({ job_id, revision, bucket: bucket.name, object_key: key }));
  await work.addOutputs(outputs);
  try {
    for (const { artifact, key } of files) {
      step.check();
      await bucket.write(key, step.counted(await parts.objects.read(artifact)), artifact.sizeBytes);
    }
    step.check();
    const tell = await notices.of(row);
    await parts.db.transaction().execute(async (tx) => {
      const changes = {
        status: 'completed',
        progress: 100,
        speed: null,
        fps: 0,
        eta_s: null,
        grid_job_id: null,
      } as const;
      if (!(await work.finish(row, changes, tx))) throw new Superseded();
      await work.forgetOutputs(row, tx);
      await tell(tx);
      if (row.grid_job_id !== null) await showEnded(row.job_id, row.grid_job_id, tx);
    });
  } catch (error) {
    // A file may have been finished after somebody else removed what was there of the job.
    if (step.isOver || error instanceof Superseded) {
      await work.addLost(outputs);
      await removeLost(context, { work, limit: 10_000, jobId: job_id });
    }
    throw error;
  }
}
