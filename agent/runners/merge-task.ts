import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GridError } from '../../shared/errors.ts';
import type { MergeTask } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import { checkAgreement, joinSegments, mux, resultTimesMs } from '../media/merge.ts';
import { verifyResult } from '../media/verify-result.ts';
import { mediaTools, type Runner, type RunnerContext } from './runner.ts';
import { withTimeout } from './timeout.ts';

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

async function merge(spec: MergeTask, context: RunnerContext) {
  const tools = mediaTools(context);
  const index = await readIndex(context, spec);
  const segments = await fetchSegments(context, spec);
  const encoded = await checkAgreement(tools, segments);
  const joinedPath = join(context.workDir, 'joined.mkv');
  context.progress({ framesDone: 0, framesTotal: spec.frameCount, fps: 0, phase: 'merge' });
  await joinSegments(tools, segments, joinedPath);
  const sidecarPath = spec.sidecar ? join(context.workDir, 'sidecar.mkv') : undefined;
  if (spec.sidecar && sidecarPath) await context.source.download(spec.sidecar, sidecarPath, context.signal);
  const path = join(context.workDir, 'result');
  await mux(tools, {
    task: spec,
    index,
    encoded,
    joinedPath,
    outputPath: path,
    ...(sidecarPath ? { sidecarPath } : {}),
  });
  const timesMs = resultTimesMs(index, spec);
  context.progress({ framesDone: spec.frameCount, framesTotal: spec.frameCount, fps: 0, phase: 'verify' });
  await verifyResult(tools, path, { timesMs, segmentFrames: spec.segmentFrames });
  const durationSeconds = ((timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0)) / 1000;
  return { path, value: { frameCount: timesMs.length, durationSeconds, format: encoded } };
}

/** Joins the segments and everything else of the source to the one result, and verifies it (M3, M4, M5). */
export const runMergeTask: Runner<MergeTask> = async (spec, context) => {
  const { path, value } = await withTimeout(context, spec.timeoutSeconds, (limited) => merge(spec, limited));
  return { artifacts: [{ name: 'result', path }], result: { kind: { $case: 'merge', value } } };
};
