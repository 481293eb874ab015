import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GridError } from '../../shared/errors.ts';
import type { MergeTask, ObjectInput } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import { hdrMetadata, type HdrMetadata } from '../media/hdr.ts';
import { checkAgreement, joinSegments } from '../media/join.ts';
import { containerOf, mux } from '../media/mux.ts';
import { mainVideo, probe, type MediaTools } from '../media/probe.ts';
import { requireRoom } from '../media/room.ts';
import { resultTimesMs } from '../media/result-times.ts';
import { verifyResult } from '../media/verify-result.ts';
import { mediaTools, type Runner, type RunnerContext } from './runner.ts';
import { withTimeout } from './timeout.ts';

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

/** HDR metadata for the result: the encoder's own, else the source's unless the encoder says that it is no HDR any more. */
async function resultHdr(
  tools: MediaTools,
  { index, joinedPath }: { index: SourceIndex; joinedPath: string },
): Promise<HdrMetadata> {
  const { extras, format } = index;
  const stream = mainVideo(await probe(tools, joinedPath));
  const encoded = await hdrMetadata(tools, joinedPath, stream);
  if (encoded.masteringDisplay || encoded.contentLight) return encoded;
  const transfer = stream.color_transfer ?? 'unknown';
  return transfer === 'unknown' || transfer === format.colorTransfer ? extras : {};
}

async function merge(spec: MergeTask, context: RunnerContext) {
  const tools = mediaTools(context);
  const index = await readIndex(context, spec);
  const bytes = spec.segments.reduce((sum, segment) => sum + segment.sizeBytes, spec.sidecar?.sizeBytes ?? 0);
  await requireRoom(context.workDir, RESULT_COPIES * bytes, 'the segments and the result');
  const paths = await fetchSegments(context, spec);
  const agreement = await checkAgreement(tools, paths);
  const encoded = agreement.format;
  const joinedPath = join(context.workDir, 'joined.mkv');
  context.progress({ framesDone: 0, framesTotal: spec.frameCount, fps: 0, phase: 'merge' });
  await joinSegments(tools, { paths, agreement }, joinedPath);
  const sidecarPath = await fetchFile(context, spec.sidecar, 'sidecar.mkv');
  const audioPath = await fetchFile(context, spec.audio, 'audio.mkv');
  const others = { ...(sidecarPath ? { sidecarPath } : {}), ...(audioPath ? { audioPath } : {}) };
  const path = join(context.workDir, 'result');
  const timesMs = resultTimesMs(index, spec);
  const hdr = await resultHdr(tools, { index, joinedPath });
  const changing = !agreement.sameExtradata;
  await mux(tools, {
    task: spec,
    changing,
    index,
    timesMs,
    encoded,
    hdr,
    joinedPath,
    outputPath: path,
    ...others,
  });
  context.progress({ framesDone: spec.frameCount, framesTotal: spec.frameCount, fps: 0, phase: 'verify' });
  const { segmentFrames } = spec;
  const soundPath = audioPath ?? sidecarPath;
  const sound = soundPath ? { soundPath } : {};
  await verifyResult(tools, path, { container: containerOf(spec), timesMs, segmentFrames, ...sound });
  const durationSeconds = ((timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0)) / 1000;
  return { path, value: { frameCount: timesMs.length, durationSeconds, format: encoded } };
}

/** Joins the segments and everything else of the source to the one result, and verifies it (M3, M4, M5). */
export const runMergeTask: Runner<MergeTask> = async (spec, context) => {
  const { path, value } = await withTimeout(context, spec.timeoutSeconds, (limited) => merge(spec, limited));
  return { artifacts: [{ name: 'result', path }], result: { kind: { $case: 'merge', value } } };
};
