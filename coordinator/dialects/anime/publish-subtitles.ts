import { GridError } from '../../../shared/errors.ts';
import type { Artifact } from '../../domain/task.ts';
import type { Transaction } from '../../store/transaction.ts';
import { unlessGone, type Context } from './context.ts';
import { endIfReady } from './ending.ts';
import { textFile, type NamedFile } from './name-store.ts';
import { subtitleName, subtitlePlaylistName } from './paths.ts';
import { ANIME_OWNER } from './settings.ts';
import { passes } from './source.ts';
import { inStage } from './steps.ts';
import type { JobRow } from './store.ts';
import type { SubtitleRow } from './subtitle-store.ts';
import { subtitleJob, subtitlePlaylist, timedTrack, type SubtitleFacts } from './subtitles.ts';

/** Text of one track: a feature film's has a tenth of a MiB. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

/** The job of all text subtitles, where there are some. The renditions are ready whether it is or not. */
export async function submitSubtitles(
  { parts, subtitles }: Context,
  tx: Transaction,
  { job, facts }: { job: JobRow; facts: SubtitleFacts },
): Promise<void> {
  const { source, task_id: taskId, dst_path: dstPath } = job;
  if (facts.tracks.length === 0 || source === null) return;
  const about = { ownerId: ANIME_OWNER, dialect: 'anime', name: `${dstPath} subtitles`, priority: 0 };
  const { jobId } = await parts.grid.jobs.submit({ ...about, spec: subtitleJob(source, facts) }, tx);
  await subtitles.insert(tx, { taskId, dstPath, jobId, tracks: facts.tracks });
}

/** Publishes them once they are there, in one transaction with their lines of the master; without them the call ends as well. */
export async function followSubtitles(context: Context, row: JobRow): Promise<void> {
  const { parts, names, subtitles } = context;
  const { task_id: taskId, dst_path: dstPath } = row;
  const made = await subtitles.find(taskId);
  if (made?.state !== null) return;
  const job = made.job_id === null ? undefined : await unlessGone(parts.grid.jobs.get(made.job_id));
  const isOver = job === undefined || ['succeeded', 'failed', 'cancelled'].includes(job.state);
  if (!isOver) return;
  const files = job?.state === 'succeeded' ? await filesOrNone(context, row, made) : undefined;
  await inStage(context, { task_id: taskId, stage: 'ladder' }, async (tx, now) => {
    if ((await subtitles.find(taskId, tx))?.state !== null) return;
    if (files !== undefined && job !== undefined) {
      await names.lock(dstPath, tx);
      await names.setFiles(tx, { taskId, jobId: job.jobId, dstPath, files });
      await subtitles.replaceOthers(tx, dstPath, taskId);
    }
    await subtitles.setReady(tx, taskId, files === undefined ? 'failed' : 'published');
    await endIfReady(context, tx, now);
  });
}

/** What is wrong with them for good is no reason to hold up the call. */
async function filesOrNone(
  context: Context,
  row: JobRow,
  made: SubtitleRow,
): Promise<NamedFile[] | undefined> {
  try {
    return await filesOf(context, row, made);
  } catch (error) {
    if (!(error instanceof GridError) || passes(error)) throw error;
    context.parts.logger.warn({ task: row.task_id, error: error.message }, 'subtitles cannot be published');
    return undefined;
  }
}

async function filesOf(context: Context, row: JobRow, { tracks, job_id: jobId }: SubtitleRow) {
  const { jobs } = context.parts.grid;
  const [made, index] = await Promise.all([
    jobs.files(jobId ?? ''),
    jobs.outcome(row.index_job_id ?? '', 'index'),
  ]);
  if (index?.kind?.$case !== 'index') throw new GridError('unprocessable', 'the index tells nothing');
  const { durationSeconds } = index.kind.value;
  const byName = new Map(made.map((artifact) => [artifact.name.replace(/^file\//, ''), artifact]));
  const texts = await Promise.all(
    tracks.map(async ({ track }) => {
      const name = subtitleName(track, 'vtt');
      const text = timedTrack(await textOf(context, byName.get(name)));
      if (text === undefined) throw new GridError('unprocessable', `${name} is no WebVTT`);
      return [
        textFile(name, text),
        textFile(subtitlePlaylistName(track), subtitlePlaylist(track, durationSeconds)),
      ];
    }),
  );
  const kept = [...byName].filter(([name]) => !name.endsWith('.vtt'));
  const originals = kept.map(([name, artifact]): NamedFile => {
    return { name, sha256: artifact.sha256, content: artifact };
  });
  return [...originals, ...texts.flat()];
}

async function textOf({ parts }: Context, artifact: Artifact | undefined): Promise<string> {
  if (artifact === undefined) throw new GridError('unprocessable', 'a track has no text');
  if (artifact.sizeBytes > MAX_TEXT_BYTES)
    throw new GridError('unprocessable', `a track has more text than ${MAX_TEXT_BYTES} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of await parts.objects.read(artifact)) chunks.push(chunk as Buffer);
  // PostgreSQL's text has no NUL.
  return Buffer.concat(chunks).toString('utf8').replaceAll('\0', '');
}

/** Nobody wants them any more. */
export async function cancelSubtitles(
  { parts, subtitles }: Context,
  tx: Transaction,
  taskId: string,
): Promise<void> {
  const made = await subtitles.find(taskId, tx);
  if (made?.state !== null) return;
  if (made.job_id !== null) {
    await parts.grid.jobs.cancel(made.job_id, undefined, tx).catch((error: unknown) => {
      const fine = error instanceof GridError && ['failed_precondition', 'not_found'].includes(error.code);
      if (!fine) throw error;
    });
  }
  await subtitles.setReady(tx, taskId, 'failed');
}
