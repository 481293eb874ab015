import { GridError } from '../../../../shared/errors.ts';
import { shapeOf } from '../../../domain/job-shape.ts';
import type { Failure } from '../../../domain/job.ts';
import type { TaskKind } from '../../../domain/task.ts';
import type { JobView } from '../../../grid/face.ts';
import type { Context } from '../context.ts';
import { shown } from './derive.ts';
import { submitAfterLook } from './grid-jobs.ts';
import type { JobRow } from './job-store.ts';
import type { WorkStore } from './work-store.ts';

/** The text of `{"streams": [...]}` as ffprobe prints them, of whichever task looked at the source. */
async function probeOf({ parts }: Context, job: JobView): Promise<string | undefined> {
  const kind: TaskKind = job.spec.shape === 'index' ? 'index' : 'probe';
  const outcome = await parts.grid.jobs.outcome(job.jobId, kind);
  if (outcome?.kind?.$case !== 'probe' && outcome?.kind?.$case !== 'index') return undefined;
  try {
    const { streams } = JSON.parse(outcome.kind.value.probeJson) as { streams?: unknown };
    return JSON.stringify({ streams: streams ?? [] });
  } catch {
    throw new GridError('unprocessable', 'what ffprobe tells of the source is not understood');
  }
}

/** What a job of the grid says of its row: writes that down, and takes the next step of what is made of several. */
export async function observe(
  context: Context,
  work: WorkStore,
  { row, job }: { row: JobRow; job: JobView },
): Promise<Failure | undefined> {
  const { jobs } = context.parts.grid;
  if (job.state === 'cancelled') {
    await work.set(row, { status: 'cancelled', speed: null, fps: 0 });
    return undefined;
  }
  const isLook = job.spec.shape === 'index';
  if (job.state === 'failed' && !isLook)
    return job.failure ?? { code: 'internal', stage: 'plan', message: 'the job failed', log: '' };
  const probe = row.probe === '{}' ? await probeOf(context, job) : undefined;
  // Clips may be thousands: once one has begun, the job itself says enough.
  const isBegun = row.status === 'encoding' && shapeOf(job.spec) === 'film';
  const now = shown(row, job, isBegun ? [] : await jobs.tasks(job.jobId));
  const isEncoding = now.status === 'encoding' || now.status === 'uploading';
  await work.set(row, {
    ...now,
    eta_s: isLook ? null : (job.etaS ?? null),
    clips_total: job.clipsTotal,
    clips_done: job.clipsDone,
    ...(probe === undefined ? {} : { probe }),
    ...(isEncoding && row.preset_data !== null ? { options: row.preset_data } : {}),
  });
  if (isLook && (job.state === 'succeeded' || job.state === 'failed'))
    await submitAfterLook(context, work, { row: { ...row, status: now.status }, look: job });
  return undefined;
}
