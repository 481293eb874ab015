import { GridError } from '../../../shared/errors.ts';
import type { JobView } from '../../grid/face.ts';
import { unlessGone, type Context } from './context.ts';
import { endIfReady, logText } from './ending.ts';
import { makeLadder } from './make-ladder.ts';
import { publish } from './publish.ts';
import { followSounds } from './publish-sounds.ts';
import { followSubtitles } from './publish-subtitles.ts';
import { passes } from './source.ts';
import type { ReadyState } from './states.ts';
import { giveUp, inStage, orGiveUp } from './steps.ts';
import type { JobRow, RenditionRow } from './store.ts';
import { followThumbnails } from './thumbnails.ts';

/** Does what can be done for a create call now. What it throws passes by itself: ask again. */
export async function advance(context: Context, taskId: string): Promise<void> {
  const job = await context.store.find(taskId);
  if (job?.stage === 'source') context.bring(taskId, job.src_url === null ? 'copy' : 'fetch');
  if (job?.stage === 'index') await planLadder(context, job);
  if (job?.stage !== 'ladder') return;
  await followSounds(context, job);
  await followRenditions(context, job);
  await followThumbnails(context, job);
  await followSubtitles(context, job);
}

/** Once the source is indexed its renditions are planned; if it cannot be, all of them have failed. */
async function planLadder(context: Context, row: JobRow): Promise<void> {
  const jobId = row.index_job_id ?? '';
  const job = await unlessGone(context.parts.grid.jobs.get(jobId));
  if (job === undefined) return giveUp(context, row, { state: 'FAILURE', error: 'its index was removed' });
  if (job.state === 'cancelled')
    return giveUp(context, row, { state: 'REVOKED', error: 'its index was cancelled' });
  if (job.state === 'failed') {
    const { message = 'the source cannot be indexed', log = '' } = job.failure ?? {};
    return giveUp(context, row, { state: 'FAILURE', error: `${row.src_path}: ${message}`, log });
  }
  if (job.state !== 'succeeded') return;
  await orGiveUp(context, row, async () => {
    const made = await makeLadder(context, row);
    await inStage(context, row, (tx) => made.submit(tx));
  });
}

/** What a job that ended without a result means for its rendition; undefined: it has not. */
function badEnd(job: JobView | undefined): { state: ReadyState; message: string; log: string } | undefined {
  if (job === undefined) return { state: 'FAILURE', message: 'its job was removed', log: '' };
  if (job.state === 'cancelled') return { state: 'REVOKED', message: 'its job was cancelled', log: '' };
  if (job.state !== 'failed') return undefined;
  const { message = 'its job failed', log = '' } = job.failure ?? {};
  return { state: 'FAILURE', message, log };
}

async function followRenditions(context: Context, row: JobRow): Promise<void> {
  const { store, parts } = context;
  for (const rendition of await store.renditions(row.task_id)) {
    const { job_id: jobId } = rendition;
    if (rendition.state !== null || (rendition.is_published && jobId !== null)) continue;
    const job = jobId === null ? undefined : await unlessGone(parts.grid.jobs.get(jobId));
    if (job?.state === 'succeeded') {
      await orFail(context, rendition, () => publish(context, row, rendition));
      continue;
    }
    const bad = badEnd(job);
    if (bad) await fail(context, rendition, bad);
  }
}

async function orFail(context: Context, rendition: RenditionRow, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof GridError) || passes(error)) throw error;
    await fail(context, rendition, { state: 'FAILURE', message: error.message, log: '' });
  }
}

/** The last word on a rendition that will not be published, unless it has one already. */
async function fail(
  context: Context,
  { task_id: taskId, rendition }: RenditionRow,
  { state, message, log }: { state: ReadyState; message: string; log: string },
): Promise<void> {
  const { store } = context;
  await inStage(context, { task_id: taskId, stage: 'ladder' }, async (tx, job) => {
    const now = (await store.renditions(taskId, tx)).find((row) => row.rendition === rendition);
    if (now === undefined || now.state !== null || (now.is_published && now.job_id !== null)) return;
    await store.setReady(tx, { taskId, rendition, state, log: logText(`${now.log}\n${message}`, log) });
    await endIfReady(context, tx, job);
  });
}
