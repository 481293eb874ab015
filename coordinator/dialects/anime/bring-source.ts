import { toGridError } from '../../../shared/errors.ts';
import type { SourceRef } from '../../domain/job.ts';
import type { Context } from './context.ts';
import { ANIME_OWNER } from './settings.ts';
import { fetchSource, passes } from './source.ts';
import { giveUp, inStage } from './steps.ts';
import type { JobRow } from './store.ts';
import { urlSource } from './url-source.ts';

/** How long a source is one process's to bring, and how often that is said again: as soon is a cancel noticed. */
const CLAIM_S = 30;
const CLAIM_AGAIN_MS = 2_000;
/** Before each further try at a server that had no luck. */
const PAUSES_S = [2, 10, 30, 90, 300] as const;

/** How far a source has come. */
export interface Came {
  bytes: number;
  /** As its server announced it. */
  sizeBytes: number | null;
}

/** A source on its way to where agents can read it. */
export interface Bringing {
  bring(signal: AbortSignal): Promise<SourceRef>;
  /** It is not wanted, and nobody else brings it to the same place. */
  undo(): Promise<void>;
}

function folderSource(
  { settings, parts }: Context,
  { task_id: taskId, src_path: srcPath }: JobRow,
): Bringing {
  const copy = { bucket: settings.bucket, key: `sources/${taskId}` };
  const { objects } = parts;
  return {
    bring: (signal) => fetchSource({ root: settings.sourceRoot, srcPath, objects, copy, signal }),
    undo: () => objects.remove([copy]),
  };
}

/** Copies or fetches the source to where agents can read it, while the claim on it holds, and has it indexed. */
export async function bringSource(context: Context, taskId: string, signal: AbortSignal): Promise<void> {
  const { store, self } = context;
  const row = await store.find(taskId);
  const came: Came = { bytes: 0, sizeBytes: null };
  if (row?.stage !== 'source' || !(await store.claim(taskId, { by: self, forS: CLAIM_S, came }))) return;
  const done = new AbortController();
  const lost = new AbortController();
  const holding = hold(context, taskId, { done: done.signal, lost, came });
  const stop = AbortSignal.any([signal, lost.signal]);
  const from = row.src_url === null ? folderSource(context, row) : urlSource(context, row, came);
  let isUsed = false;
  try {
    isUsed = await submitIndex(context, row, await from.bring(stop));
  } catch (error) {
    // Another one goes on, or nobody wants it any more.
    if (!stop.aborted) await judge(context, row, error);
  } finally {
    done.abort();
    await holding;
    // Whoever has the claim now may use the same.
    if (!isUsed && !lost.signal.aborted) await from.undo();
    if (!isUsed) await store.release(taskId, self);
  }
}

async function submitIndex(context: Context, row: JobRow, source: SourceRef): Promise<boolean> {
  const { store, parts } = context;
  const { task_id: taskId, src_path: name } = row;
  const submitted = await inStage(context, row, async (tx) => {
    const spec = { shape: 'index', source } as const;
    const input = { ownerId: ANIME_OWNER, dialect: 'anime', name, priority: 0, spec };
    const { jobId } = await parts.grid.jobs.submit(input, tx);
    await store.setIndex(tx, { taskId, source, jobId });
    return true;
  });
  return submitted === true;
}

/** What passes by itself is thrown; a server is asked a few times more; anything else is the end of the call. */
async function judge(context: Context, row: JobRow, thrown: unknown): Promise<void> {
  const { details, retryable, message } = toGridError(thrown);
  const isOfServer = details['field'] === 'url';
  if (!isOfServer && passes(thrown)) throw thrown;
  const pauseS = isOfServer && retryable ? PAUSES_S[row.fetch_tries] : undefined;
  if (pauseS !== undefined) return context.store.postponeSource(row.task_id, pauseS);
  await giveUp(context, row, { state: 'FAILURE', error: message });
}

async function hold(
  { store, parts, self }: Context,
  taskId: string,
  { done, lost, came }: { done: AbortSignal; lost: AbortController; came: Came },
): Promise<void> {
  for (;;) {
    await parts.clock.sleep(CLAIM_AGAIN_MS, done);
    if (done.aborted) return;
    // A database that is away for a moment says nothing on the claim.
    const holds = await store.claim(taskId, { by: self, forS: CLAIM_S, came }).catch(() => true);
    if (!holds) return lost.abort();
  }
}
