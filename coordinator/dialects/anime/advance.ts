import { GridError, toGridError } from '../../../shared/errors.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { JobView } from '../../grid/face.ts';
import { unlessGone, type Context } from './context.ts';
import { endIfReady, giveUpLadder, logText } from './ending.ts';
import { makeLadder } from './make-ladder.ts';
import { publish } from './publish.ts';
import { ANIME_OWNER } from './settings.ts';
import { fetchSource, passes } from './source.ts';
import type { ReadyState } from './states.ts';
import type { JobRow, RenditionRow, Stage } from './store.ts';

/** How long a source is one process's to copy, and how often that is said again. */
const CLAIM_S = 30;
const CLAIM_AGAIN_MS = 10_000;

/** Does what can be done for a create call now. What it throws passes by itself: ask again. */
export async function advance(context: Context, taskId: string, signal: AbortSignal): Promise<void> {
  const job = await context.store.find(taskId);
  if (job?.stage === 'source') await bringSource(context, job, signal);
  if (job?.stage === 'index') await planLadder(context, job);
  if (job?.stage === 'ladder') await followRenditions(context, job);
}

/** Runs under the row's lock, unless somebody was faster. */
function inStage<T>(
  { store }: Context,
  { task_id: taskId, stage }: { task_id: string; stage: Stage },
  work: (tx: Transaction, job: JobRow) => Promise<T>,
): Promise<T | undefined> {
  return store.transaction(async (tx) => {
    const job = await store.lock(taskId, tx);
    return job?.stage === stage ? work(tx, job) : undefined;
  });
}

function giveUp(
  context: Context,
  row: JobRow,
  why: { state: 'FAILURE' | 'REVOKED'; error: string; log?: string },
): Promise<void> {
  return inStage(context, row, (tx, job) => giveUpLadder(context, tx, { job, ...why }));
}

/** What does not pass by itself is the end of the job. */
async function orGiveUp(context: Context, row: JobRow, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (passes(error)) throw error;
    await giveUp(context, row, { state: 'FAILURE', error: toGridError(error).message });
  }
}

/** Copies the source to where agents can read it, while the claim on it holds, and has it indexed. */
async function bringSource(context: Context, row: JobRow, signal: AbortSignal): Promise<void> {
  const { store, settings, parts } = context;
  const { task_id: taskId, src_path: srcPath } = row;
  if (!(await store.claim(taskId, context.self, CLAIM_S))) return;
  const done = new AbortController();
  const lost = new AbortController();
  const holding = hold(context, taskId, { done: done.signal, lost });
  const copy = { bucket: settings.bucket, key: `sources/${taskId}` };
  let isUsed = false;
  try {
    await orGiveUp(context, row, async () => {
      const source = await fetchSource({
        root: settings.sourceRoot,
        srcPath,
        objects: parts.objects,
        copy,
        signal: AbortSignal.any([signal, lost.signal]),
      });
      const submitted = await inStage(context, row, async (tx) => {
        const spec = { shape: 'index', source } as const;
        const input = { ownerId: ANIME_OWNER, dialect: 'anime', name: srcPath, priority: 0, spec };
        const { jobId } = await parts.grid.jobs.submit(input, tx);
        await store.setIndex(tx, { taskId, source, jobId });
        return true;
      });
      isUsed = submitted === true;
    });
  } finally {
    done.abort();
    await holding;
    // Whoever has the claim now writes to the same place.
    if (!isUsed && !lost.signal.aborted) await parts.objects.remove([copy]);
  }
}

async function hold(
  { store, parts, self }: Context,
  taskId: string,
  { done, lost }: { done: AbortSignal; lost: AbortController },
): Promise<void> {
  for (;;) {
    await parts.clock.sleep(CLAIM_AGAIN_MS, done);
    if (done.aborted) return;
    // A database that is away for a moment says nothing on the claim.
    if (!(await store.claim(taskId, self, CLAIM_S).catch(() => true))) return lost.abort();
  }
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
    if (rendition.state !== null || rendition.is_published) continue;
    const job = await unlessGone(parts.grid.jobs.get(rendition.job_id ?? ''));
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
    if (now === undefined || now.state !== null || now.is_published) return;
    await store.setReady(tx, { taskId, rendition, state, log: logText(`${now.log}\n${message}`, log) });
    await endIfReady(context, tx, job);
  });
}
