import { GridError } from '../../../shared/errors.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { Context } from './context.ts';
import { ANIME_OWNER } from './settings.ts';
import type { ReadyState } from './states.ts';
import { passes } from './source.ts';
import { statusOf, type StatusAnswer } from './status.ts';
import type { JobRow } from './store.ts';
import { dropIndex } from './tidy.ts';

/** Contract 2.3. */
const MAX_LOG_BYTES = 64 * 1024;

/** A rendition's log: its first line, and of the rest the end that fits, whole characters only. */
export function logText(firstLine: string, rest: string): string {
  const bytes = Buffer.from(rest);
  const room = MAX_LOG_BYTES - Buffer.byteLength(firstLine) - 1;
  let from = Math.max(0, bytes.length - room);
  while (from < bytes.length && ((bytes[from] ?? 0) & 0xc0) === 0x80) from++;
  return [firstLine, bytes.subarray(from).toString()].filter((part) => part !== '').join('\n');
}

interface GiveUp {
  readonly job: JobRow;
  readonly state: Extract<ReadyState, 'FAILURE' | 'REVOKED'>;
  /** One sentence. */
  readonly error: string;
  /** What the tool said. */
  readonly log?: string;
}

/** Ends a job that has no renditions yet: all keys of its ladder get that state, and each the reason. */
export async function giveUpLadder(
  context: Context,
  tx: Transaction,
  { job, state, error, log = '' }: GiveUp,
): Promise<void> {
  const { store } = context;
  const renditions = job.ladder.map((rendition, position) => ({
    rendition,
    position,
    width: 0,
    height: 0,
    job_id: null,
    state,
    log: logText(error, log),
  }));
  await store.addRenditions(tx, job.task_id, renditions);
  await store.setError(tx, job.task_id, error);
  await dropIndex(context, tx, job);
  await end(context, tx, job);
}

/** Ends the job when all of its renditions are ready, further tracks of sound too, and thumbnails and subtitles are made or given up. */
export async function endIfReady(context: Context, tx: Transaction, job: JobRow): Promise<void> {
  if (job.thumbnails === 'wanted') return;
  if ((await context.subtitles.find(job.task_id, tx))?.state === null) return;
  const rows = await context.store.renditions(job.task_id, tx);
  const sounds = await context.sounds.find(job.task_id, tx);
  if (sounds?.state === null) return;
  if (rows.every((row) => row.state !== null)) await end(context, tx, job);
}

/** The last change of a job; whoever asked to be told is told what a status call answers now. */
async function end(context: Context, tx: Transaction, job: JobRow): Promise<void> {
  const { store, parts } = context;
  const { task_id: taskId, callback_url: url } = job;
  await store.setEnded(tx, taskId);
  if (url === null) return;
  const answer = await statusOf(context, taskId, tx);
  try {
    await parts.grid.webhooks.enqueue({ ownerId: ANIME_OWNER, url, body: callbackBody(answer) }, tx);
  } catch (error) {
    // An address that may be called no more is no reason to keep the job open.
    if (!(error instanceof GridError) || passes(error)) throw error;
    parts.logger.warn({ task: taskId, error: error.message }, 'nobody is told of the end of an anime job');
  }
}

const MAX_BODY_BYTES = 256 * 1024;

/** Without the logs where they are too much. */
function callbackBody(answer: StatusAnswer): string {
  const text = JSON.stringify(answer);
  if (Buffer.byteLength(text) <= MAX_BODY_BYTES) return text;
  const result = Object.entries(answer.result).map(([key, one]) => [key, { ...one, log: '' }]);
  return JSON.stringify({ ...answer, result: Object.fromEntries(result) });
}
