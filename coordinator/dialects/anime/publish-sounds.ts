import { text } from 'node:stream/consumers';
import { GridError } from '../../../shared/errors.ts';
import { unlessGone, type Context } from './context.ts';
import { endIfReady } from './ending.ts';
import { textFile, type NamedFile } from './name-store.ts';
import { mediaPlaylist } from './playlists.ts';
import { passes } from './source.ts';
import { listedDurations, soundPlaylistName, soundSegmentName, type SoundTrack } from './sounds.ts';
import { inStage } from './steps.ts';
import type { JobRow } from './store.ts';

/** Largest playlist of a track: a day of film has 17,280 files. */
const MAX_PLAYLIST_BYTES = 4 * 1024 * 1024;

/** The files of one track under their public names, and its playlist, of which ours has paths from the site's root. */
async function filesOf(
  { parts, settings }: Context,
  { dst_path: dstPath }: JobRow,
  { jobId, track }: { jobId: string; track: number },
): Promise<NamedFile[]> {
  const files = new Map((await parts.grid.jobs.files(jobId)).map((file) => [file.name, file]));
  const list = files.get(`file/${soundPlaylistName(track)}`);
  if (list === undefined || list.sizeBytes > MAX_PLAYLIST_BYTES)
    throw new GridError('unprocessable', `track ${track} of the sound has no playlist`);
  const durations = listedDurations(await text(await parts.objects.read(list)));
  const segments = durations.map((_, index): NamedFile => {
    const name = soundSegmentName(track, index);
    const artifact = files.get(`file/${name}`);
    if (artifact === undefined) throw new GridError('unprocessable', `the sound has no file ${name}`);
    return { name, sha256: artifact.sha256, content: artifact };
  });
  const names = segments.map(({ name }) => name);
  const playlist = mediaPlaylist({ names, durations }, { dstPath, publicPrefix: settings.publicPrefix });
  return [...segments, textFile(soundPlaylistName(track), playlist)];
}

async function publish(
  context: Context,
  row: JobRow,
  { jobId, tracks }: { jobId: string; tracks: readonly SoundTrack[] },
): Promise<void> {
  const { names, sounds } = context;
  const { task_id: taskId, dst_path: dstPath } = row;
  const files: NamedFile[] = [];
  for (const { track } of tracks.slice(1)) files.push(...(await filesOf(context, row, { jobId, track })));
  await inStage(context, { task_id: taskId, stage: 'ladder' }, async (tx, job) => {
    if ((await sounds.find(taskId, tx))?.state !== null) return;
    await names.lock(dstPath, tx);
    await names.setFiles(tx, { taskId, jobId, dstPath, files });
    await sounds.replaceOthers(tx, dstPath, taskId);
    await sounds.setReady(tx, taskId, 'published');
    await endIfReady(context, tx, job);
  });
}

/** Renditions do without: their own segments have the first track. */
async function doWithout(context: Context, { task_id: taskId }: JobRow, why: string): Promise<void> {
  context.parts.logger.warn({ task: taskId, error: why }, 'a ladder has its first track of sound only');
  await inStage(context, { task_id: taskId, stage: 'ladder' }, async (tx, job) => {
    await context.sounds.setReady(tx, taskId, 'failed');
    await endIfReady(context, tx, job);
  });
}

/** Gives further tracks of sound their public names, all in one transaction, once they are made. */
export async function followSounds(context: Context, row: JobRow): Promise<void> {
  const made = await context.sounds.find(row.task_id);
  if (made === undefined || made.state !== null) return;
  const { job_id: jobId, tracks } = made;
  const job = jobId === null ? undefined : await unlessGone(context.parts.grid.jobs.get(jobId));
  if (job === undefined) return doWithout(context, row, 'the job was removed');
  if (job.state === 'failed' || job.state === 'cancelled')
    return doWithout(context, row, job.failure?.message ?? `the job is ${job.state}`);
  if (job.state !== 'succeeded') return;
  try {
    await publish(context, row, { jobId: job.jobId, tracks });
  } catch (error) {
    if (!(error instanceof GridError) || passes(error)) throw error;
    await doWithout(context, row, error.message);
  }
}
