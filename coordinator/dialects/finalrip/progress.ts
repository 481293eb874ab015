import type { ClipView } from '../../domain/task.ts';
import type { JobView } from '../../grid/face.ts';
import type { Bound } from './binding.ts';
import { jobOf, type Context } from './context.ts';
import { FinalripError, MESSAGES } from './messages.ts';
import { encodedClipKey, resultKey } from './names.ts';
import { AnswerBytes } from './shared-reads.ts';
import { sizeText } from './size-text.ts';
import type { TaskRow } from './store.ts';
import { clipItem, creation, failureOf, percentOf, stateOf, statusOf } from './views.ts';

interface Snapshot {
  readonly row: TaskRow;
  readonly job?: JobView;
  readonly clips: readonly ClipView[];
  readonly published: ReadonlyMap<string, string>;
}

async function snapshot(context: Context, ownerId: string, key: string): Promise<Snapshot> {
  const row = await context.store.find(ownerId, key);
  if (row === undefined) throw new FinalripError(MESSAGES.unknown);
  const job = await jobOf(context, row);
  const published = await context.store.published(row.task_id);
  if (job === undefined) return { row, clips: [], published };
  return { row, job, clips: await context.parts.grid.jobs.clips(job.jobId), published };
}

/** A task that is started again while it is read shows its new job. */
async function read(context: Context, ownerId: string, key: string): Promise<Snapshot> {
  const first = await snapshot(context, ownerId, key);
  const lost = first.row.job_id !== null && first.job === undefined;
  return lost ? snapshot(context, ownerId, key) : first;
}

/** `progress`: the contract's keys and our own. Dashboards ask at once, for thousands of clips: they share a read. */
export async function progress(context: Context, request: Bound, ownerId: string): Promise<AnswerBytes> {
  const key = request.text('video_key');
  const name = JSON.stringify(['progress', ownerId, key]);
  return context.reads.get(
    name,
    async () => new AnswerBytes(JSON.stringify(await view(context, ownerId, key))),
  );
}

/** An encoded name is told only while it holds the committed bytes. */
async function view(context: Context, ownerId: string, key: string): Promise<object> {
  const { row, job, clips, published } = await read(context, ownerId, key);
  const { parts, buckets, urls, settings } = context;
  const bucket = await buckets.of(ownerId);
  const shown = (name: string, sha256: string | undefined): boolean =>
    sha256 !== undefined && published.get(name) === sha256;
  const result = shown(resultKey(key), job?.result?.sha256) ? job?.result : undefined;
  const state = stateOf(row, job, result !== undefined);
  const clipUrl = urls.clips(row.task_id);
  const segments = clips.map(({ index, segmentSha256 }) => {
    const name = encodedClipKey(key, index);
    return shown(name, segmentSha256) ? name : undefined;
  });
  const encodeUrls = await urls.segments(bucket, segments);
  const items = clips.map((clip, at) =>
    clipItem({ key, clip, encodeUrl: encodeUrls[at] ?? '', clipUrl: clipUrl(clip.index) }),
  );
  const source = await parts.objects.stat({ bucket, key });
  return {
    key,
    url: await urls.object(bucket, key),
    size: source && source.sizeBytes > 0 ? sizeText(source.sizeBytes) : '',
    encode_key: result ? resultKey(key) : '',
    encode_url: result ? await urls.object(bucket, resultKey(key)) : '',
    encode_size: result ? sizeText(result.sizeBytes) : '',
    encode_param: row.encode_param,
    script: row.script,
    status: statusOf(state),
    ...creation(row, settings.createAt),
    progress: items,
    state,
    percent: percentOf(state, job),
    frames_done: job?.framesDone ?? 0,
    frames_total: job?.framesTotal ?? 0,
    eta_seconds: job?.etaS === undefined ? null : Math.ceil(job.etaS),
    failure: failureOf(state, job),
  };
}
