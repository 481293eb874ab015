import { GridError } from '../../../shared/errors.ts';
import type { Transaction } from '../../store/transaction.ts';
import { unlessGone, type Context } from './context.ts';
import { endIfReady } from './ending.ts';
import { textFile, type NamedFile } from './name-store.ts';
import { THUMBNAILS_NAME } from './paths.ts';
import type { SourceFacts } from './probe.ts';
import { sourceFacts } from './probe.ts';
import { ANIME_OWNER } from './settings.ts';
import { spriteCommand, thumbnailTrack } from './sprites.ts';
import { inStage } from './steps.ts';
import type { JobRow } from './store.ts';

/** A job of its own, on the whole source: the renditions are ready whether its pictures are or not. */
export async function submitThumbnails(
  { parts, store }: Context,
  tx: Transaction,
  { job, facts }: { job: JobRow; facts: SourceFacts },
): Promise<void> {
  const { source } = job;
  if (job.thumbnails !== 'wanted' || source === null) return;
  const spec = { shape: 'media', source, command: spriteCommand(facts.picture) } as const;
  const name = `${job.dst_path} thumbnails`;
  const input = { ownerId: ANIME_OWNER, dialect: 'anime', name, priority: 0, spec };
  const { jobId } = await parts.grid.jobs.submit(input, tx);
  await store.setThumbnails(tx, job.task_id, { thumbnails: 'wanted', thumbnails_job_id: jobId });
}

/** Publishes them once they are there; without them the call ends as well. */
export async function followThumbnails(context: Context, row: JobRow): Promise<void> {
  const { parts, store, names } = context;
  if (row.thumbnails !== 'wanted') return;
  const { thumbnails_job_id: jobId, task_id: taskId, dst_path: dstPath } = row;
  const job = jobId === null ? undefined : await unlessGone(parts.grid.jobs.get(jobId));
  const isOver = job === undefined || ['succeeded', 'failed', 'cancelled'].includes(job.state);
  if (!isOver) return;
  const files = job?.state === 'succeeded' ? await filesOf(context, row, job.jobId) : undefined;
  await inStage(context, { task_id: taskId, stage: 'ladder' }, async (tx, now) => {
    if (now.thumbnails !== 'wanted') return;
    const thumbnails = files === undefined ? 'failed' : 'ready';
    if (files !== undefined && job !== undefined) {
      await names.lock(dstPath, tx);
      await names.setFiles(tx, { taskId, jobId: job.jobId, dstPath, files });
    }
    await store.setThumbnails(tx, taskId, { thumbnails });
    await endIfReady(context, tx, { ...now, thumbnails });
  });
}

async function filesOf({ parts }: Context, row: JobRow, jobId: string): Promise<NamedFile[] | undefined> {
  const { jobs } = parts.grid;
  const [files, index] = await Promise.all([
    jobs.files(jobId),
    unlessGone(jobs.outcome(row.index_job_id ?? '', 'index')),
  ]);
  if (index?.kind?.$case !== 'index' || files.length === 0) return undefined;
  const { durationSeconds, probeJson } = index.kind.value;
  const sheets = files.map((artifact): NamedFile => {
    return { name: artifact.name.replace(/^file\//, ''), sha256: artifact.sha256, content: artifact };
  });
  const track = thumbnailTrack(durationSeconds, sheets.length, sourceFacts(probeJson).picture);
  return [...sheets, textFile(THUMBNAILS_NAME, track)];
}

/** Nobody wants them any more: `GridError`s of a job that has ended are none. */
export async function cancelThumbnails(
  { parts, store }: Context,
  tx: Transaction,
  job: JobRow,
): Promise<JobRow> {
  if (job.thumbnails !== 'wanted') return job;
  if (job.thumbnails_job_id !== null) {
    await parts.grid.jobs.cancel(job.thumbnails_job_id, undefined, tx).catch((error: unknown) => {
      const fine = error instanceof GridError && ['failed_precondition', 'not_found'].includes(error.code);
      if (!fine) throw error;
    });
  }
  await store.setThumbnails(tx, job.task_id, { thumbnails: 'failed' });
  return { ...job, thumbnails: 'failed' };
}
