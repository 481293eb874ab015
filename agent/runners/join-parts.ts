import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GridError } from '../../shared/errors.ts';
import type { MergeTask, ObjectInput } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import { checkAgreement, joinSegments, type Agreement } from '../media/join.ts';
import { resultTimesMs } from '../media/result-times.ts';
import { requireRoom } from '../media/room.ts';
import { mediaTools, type RunnerContext } from './runner.ts';

/** Segments, joined, with their times, and the result: all there at once. */
const RESULT_COPIES = 4;

async function readIndex(context: RunnerContext, spec: MergeTask): Promise<SourceIndex> {
  if (!spec.index) throw new GridError('invalid_argument', 'the merge task names no index');
  const path = join(context.workDir, 'index.json.gz');
  await context.source.download(spec.index, path, context.signal);
  const text = await promisify(gunzip)(await readFile(path));
  return JSON.parse(text.toString('utf8')) as SourceIndex;
}

async function fetchSegments(context: RunnerContext, spec: MergeTask): Promise<string[]> {
  const paths: string[] = [];
  for (const [i, segment] of spec.segments.entries()) {
    const path = join(context.workDir, `segment-${i}.mkv`);
    await context.source.download(segment, path, context.signal);
    paths.push(path);
    const framesDone = spec.segmentFrames.slice(0, i + 1).reduce((sum, count) => sum + count, 0);
    context.progress({ framesDone, framesTotal: spec.frameCount, fps: 0, phase: 'fetch' });
  }
  return paths;
}

/** A local copy of an object, when there is one. */
async function fetchFile(
  context: RunnerContext,
  input: ObjectInput | undefined,
  name: string,
): Promise<string | undefined> {
  if (input === undefined) return undefined;
  const path = join(context.workDir, name);
  await context.source.download(input, path, context.signal);
  return path;
}

/** All parts of a film on this machine, its picture in one file. */
export interface JoinedParts {
  readonly index: SourceIndex;
  readonly agreement: Agreement;
  /** The picture of all segments; its time stamps are only in order. */
  readonly joinedPath: string;
  /** The times that its frames are to have, in the order in which they are shown. */
  readonly timesMs: readonly number[];
  readonly sidecarPath: string | undefined;
  /** Encoded audio, whose tracks take the places of the sidecar's. */
  readonly audioPath: string | undefined;
}

/** Fetches the parts of a film and joins the segments. */
export async function joinParts(spec: MergeTask, context: RunnerContext): Promise<JoinedParts> {
  const tools = mediaTools(context);
  const index = await readIndex(context, spec);
  const bytes = spec.segments.reduce((sum, segment) => sum + segment.sizeBytes, spec.sidecar?.sizeBytes ?? 0);
  await requireRoom(context.workDir, RESULT_COPIES * bytes, 'the segments and the result');
  const paths = await fetchSegments(context, spec);
  const agreement = await checkAgreement(tools, spec.segmentsAgree ? paths.slice(0, 1) : paths);
  const joinedPath = join(context.workDir, 'joined.mkv');
  context.progress({ framesDone: 0, framesTotal: spec.frameCount, fps: 0, phase: 'merge' });
  await joinSegments(tools, { paths, agreement }, joinedPath);
  const sidecarPath = await fetchFile(context, spec.sidecar, 'sidecar.mkv');
  const audioPath = await fetchFile(context, spec.audio, 'audio.mkv');
  return { index, agreement, joinedPath, timesMs: resultTimesMs(index, spec), sidecarPath, audioPath };
}
