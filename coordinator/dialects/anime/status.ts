import { isUuid } from '../../../shared/ids.ts';
import type { JobProgress } from '../../domain/task.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { Context } from './context.ts';
import { parseKey } from './keys.ts';
import { MASTER_NAME, playlistName, THUMBNAILS_NAME } from './paths.ts';
import { isSuccess, stateOf, type State } from './states.ts';
import type { JobRow, RenditionRow } from './store.ts';
import type { SubtitleRow } from './subtitle-store.ts';

interface Now {
  readonly row: RenditionRow;
  readonly state: State;
  /** 0 to 1. */
  readonly progress: number;
}

/** A rendition as it stands: as it was written down, or else by what its job does; undefined: that one is gone. */
function nowOf(row: RenditionRow, job: JobProgress | undefined): Now {
  if (row.state !== null) return { row, state: row.state, progress: row.is_published ? 1 : 0 };
  const done = job === undefined || job.framesTotal === 0 ? 0 : job.framesDone / job.framesTotal;
  return { row, state: stateOf(undefined, job), progress: Math.min(1, Math.round(done * 1000) / 1000) };
}

/** All of them by one look at the grid, since whoever polls asks often; by none where nothing is open. */
async function look({ parts }: Context, rows: readonly RenditionRow[]): Promise<Now[]> {
  const open = rows.flatMap(({ state, job_id: jobId }) => (state === null && jobId !== null ? [jobId] : []));
  const jobs = open.length === 0 ? undefined : await parts.grid.jobs.progress(open);
  return rows.map((row) => nowOf(row, jobs?.get(row.job_id ?? '')));
}

/** Contract 2.3. */
export interface StatusAnswer {
  readonly task_id: string;
  readonly status: Readonly<Record<string, State>>;
  /** Of renditions that have ended. */
  readonly result: Readonly<Record<string, object>>;
  readonly success: boolean;
  readonly progress: Readonly<Record<string, number>>;
  readonly known: boolean;
  /** How far the fetch of its `src_url` is; null when it is not being fetched. */
  readonly source: { readonly bytes: number; readonly size_bytes: number | null } | null;
  readonly master_path: string | null;
  /** Of the WebVTT track of its thumbnails; null where there is none (yet). */
  readonly thumbnails_path: string | null;
  /** How it is with the source's text subtitles, which another call may replace; null: there are none (any more). */
  readonly subtitles: 'making' | 'published' | 'failed' | 'replaced' | null;
  readonly error: string | null;
}

function resultOf({ task_id: taskId, dst_path: dstPath }: JobRow, { row, state }: Now): object {
  const key = parseKey(row.rendition);
  return {
    status: state,
    playlist_path: `${dstPath}/${playlistName(key)}`,
    resolution: String(key.lines),
    // The misspelling is the contract.
    paraent_task_id: taskId,
    parent_task_id: taskId,
    log: row.log,
  };
}

function sourceOf(job: JobRow): StatusAnswer['source'] {
  const isFetched = job.stage === 'source' && job.src_url !== null;
  return isFetched ? { bytes: job.fetched_bytes, size_bytes: job.fetch_size_bytes } : null;
}

function subtitlesOf(made: SubtitleRow | undefined): StatusAnswer['subtitles'] {
  if (made === undefined) return null;
  if (made.state === null) return 'making';
  // What is published goes with its job.
  return made.state === 'published' && made.job_id === null ? null : made.state;
}

function unknown(taskId: string): StatusAnswer {
  return {
    task_id: taskId,
    status: {},
    result: {},
    success: false,
    progress: {},
    known: false,
    source: null,
    master_path: null,
    thumbnails_path: null,
    subtitles: null,
    error: null,
  };
}

/**
 * The status answer (contract 2.3). There is no such thing as an unknown id: it has an empty one. The call's own row is read
 * last: what ends renditions writes it in the same transaction, so no end is told without its reason.
 */
export async function statusOf(context: Context, taskId: string, tx?: Transaction): Promise<StatusAnswer> {
  if (!isUuid(taskId)) return unknown(taskId);
  const rows = await context.store.renditions(taskId, tx);
  const renditions = await look(context, rows);
  const subtitles = await context.subtitles.find(taskId, tx);
  const job = await context.store.find(taskId, tx);
  if (job === undefined) return unknown(taskId);
  const map = <T>(value: (now: Now) => T, of = renditions): Record<string, T> =>
    Object.fromEntries(of.map((now) => [now.row.rendition, value(now)]));
  return {
    task_id: taskId,
    status: map(({ state }) => state),
    result: map(
      (now) => resultOf(job, now),
      renditions.filter(({ row }) => row.state !== null),
    ),
    success: isSuccess(renditions.map(({ state }) => state)),
    progress: map(({ progress }) => progress),
    known: true,
    source: sourceOf(job),
    // What is published goes with its job.
    master_path: rows.some((row) => row.is_published && row.job_id !== null)
      ? `${job.dst_path}/${MASTER_NAME}`
      : null,
    thumbnails_path:
      job.thumbnails === 'ready' && job.thumbnails_job_id !== null
        ? `${job.dst_path}/${THUMBNAILS_NAME}`
        : null,
    subtitles: subtitlesOf(subtitles),
    error: job.error,
  };
}
