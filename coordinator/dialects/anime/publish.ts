import { GridError } from '../../../shared/errors.ts';
import type { PackageResult } from '../../../shared/gen/clipgrid/v1/task.ts';
import type { Artifact } from '../../domain/task.ts';
import type { Context } from './context.ts';
import { endIfReady, logText } from './ending.ts';
import { parseKey } from './keys.ts';
import { textFile, type NamedFile } from './name-store.ts';
import { playlistName, segmentName } from './paths.ts';
import { mediaPlaylist, type PublishedRendition } from './playlists.ts';
import type { JobRow, RenditionRow } from './store.ts';

interface Packaged {
  readonly result: PackageResult;
  readonly files: ReadonlyMap<string, Artifact>;
  /** What the tools said. */
  readonly log: string;
}

async function read({ parts }: Context, jobId: string): Promise<Packaged> {
  const { jobs } = parts.grid;
  const [outcome, files, tasks] = await Promise.all([
    jobs.outcome(jobId, 'package'),
    jobs.files(jobId),
    jobs.tasks(jobId),
  ]);
  if (outcome?.kind?.$case !== 'package')
    throw new GridError('unprocessable', 'a finished rendition has no files');
  return {
    result: outcome.kind.value,
    files: new Map(files.map((artifact) => [artifact.name.replace(/^file\//, ''), artifact])),
    log: tasks
      .map((task) => task.logTail)
      .filter((text) => text !== '')
      .join('\n'),
  };
}

function factsOf(rendition: RenditionRow, result: PackageResult): PublishedRendition {
  const { frameRate } = result;
  return {
    key: rendition.rendition,
    width: rendition.width,
    height: rendition.height,
    bandwidth: result.peakBandwidth,
    averageBandwidth: result.averageBandwidth,
    codecs: result.codecs,
    frameRate: frameRate && frameRate.den > 0 ? frameRate.num / frameRate.den : 0,
  };
}

/**
 * Gives the files of a finished rendition their public names, with its playlist and its line of the folder's master, in one
 * transaction: nobody ever sees a playlist whose segments are missing (contract 3.5). Of two jobs the later one wins.
 */
export async function publish(context: Context, row: JobRow, rendition: RenditionRow): Promise<void> {
  const { store, names, sounds, subtitles, settings } = context;
  const { task_id: taskId, dst_path: dstPath } = row;
  const key = parseKey(rendition.rendition);
  const jobId = rendition.job_id ?? '';
  const { result, files, log } = await read(context, jobId);
  const segments = result.files.map(({ name }, index): NamedFile => {
    const artifact = files.get(name);
    if (artifact === undefined) throw new GridError('unprocessable', `the rendition has no file ${name}`);
    return { name: segmentName(key, index), sha256: artifact.sha256, content: artifact };
  });
  const durations = result.files.map((file) => file.durationUs / 1e6);
  const playlist = mediaPlaylist(
    { names: segments.map(({ name }) => name), durations },
    { dstPath, publicPrefix: settings.publicPrefix },
  );
  await store.transaction(async (tx) => {
    const job = await store.lock(taskId, tx);
    const now = (await store.renditions(taskId, tx)).find((one) => one.rendition === rendition.rendition);
    if (job?.stage !== 'ladder' || now === undefined || now.state !== null || now.is_published) return;
    await names.lock(dstPath, tx);
    const publication = { taskId, jobId, dstPath };
    await names.setRendition(tx, { ...publication, facts: factsOf(rendition, result) });
    const text = textFile(playlistName(key), playlist);
    await names.setFiles(tx, { ...publication, files: [...segments, text] });
    await sounds.replaceOthers(tx, dstPath, taskId);
    await subtitles.replaceOthers(tx, dstPath, taskId);
    const tellsCatalogue = settings.catalogue !== undefined && job.anime_id !== null;
    const ready = { taskId, rendition: key.text, log: logText(now.log, log) };
    await store.setPublished(tx, { ...ready, tellsCatalogue });
    if (!tellsCatalogue) await store.setReady(tx, { ...ready, state: 'SUCCESS' });
    await endIfReady(context, tx, job);
  });
}
