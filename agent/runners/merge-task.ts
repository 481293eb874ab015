import { join } from 'node:path';
import type { MergeTask } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import { hdrMetadata, type HdrMetadata } from '../media/hdr.ts';
import { containerOf, mux } from '../media/mux.ts';
import { mainVideo, probe, type MediaTools } from '../media/probe.ts';
import { verifyResult } from '../media/verify-result.ts';
import { joinParts } from './join-parts.ts';
import { mediaTools, type Runner, type RunnerContext } from './runner.ts';
import { withTimeout } from './timeout.ts';

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
  const joined = await joinParts(spec, context);
  const { index, agreement, joinedPath, timesMs, sidecarPath, audioPath } = joined;
  const encoded = agreement.format;
  const others = { ...(sidecarPath ? { sidecarPath } : {}), ...(audioPath ? { audioPath } : {}) };
  const path = join(context.workDir, 'result');
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
