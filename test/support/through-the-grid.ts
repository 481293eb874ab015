import { readFileSync, rmSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { SharedWork } from '../../agent/runners/runner.ts';
import { runEncodeTask } from '../../agent/runners/encode-task.ts';
import { runIndexTask } from '../../agent/runners/index-task.ts';
import { runMergeTask } from '../../agent/runners/merge-task.ts';
import { createCutPlanner } from '../../shared/clip-cut.ts';
import type { EncodeResult, FilterScript, MergeTask } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import { localObject, runnerContext } from './runner-context.ts';

export type FrameSpan = readonly [start: number, end: number];

export interface Passage {
  /** Of a script; default: the pass-through. */
  readonly script?: string;
  /** Words of the encoder's command, without its output; default: lossless FFV1. One list a clip, the last for the rest. */
  readonly encoders?: readonly (readonly string[])[];
  readonly container?: 'matroska' | 'mp4';
  readonly clips?: (index: SourceIndex) => readonly FrameSpan[];
  /** Extra frames on each side of a clip. */
  readonly handles?: number;
  /** Makes encoded audio of the sidecar. */
  readonly audio?: (sidecar: string) => Promise<string>;
}

export const LOSSLESS = ['ffmpeg', '-v', 'error', '-i', '-', '-c:v', 'ffv1', '-level', '3'];

/** Three clips, none of whose borders asks for a keyframe; one where the source is not to be cut. */
export function threeClips(index: SourceIndex): FrameSpan[] {
  const frames = index.pts.length;
  if (frames < 3 || !index.packetExact) return [[0, frames]];
  const [a, b] = [Math.floor(frames * 0.37), Math.floor(frames * 0.71)];
  return [
    [0, a],
    [a, b],
    [b, frames],
  ];
}

/** A script in the words of the wire; empty text is the pass-through. */
export function filterScript(text: string): FilterScript {
  return { text, sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' };
}

/** What the index task makes of a local file. */
export async function indexed(path: string) {
  const context = runnerContext();
  const output = await runIndexTask({ source: localObject(path) }, context);
  const files = Object.fromEntries(output.artifacts.map((artifact) => [artifact.name, artifact.path]));
  const index = JSON.parse(gunzipSync(readFileSync(files['index']!)).toString()) as SourceIndex;
  return { index, files, context };
}

/** What the encode task makes of frames of a local file. */
export async function encodedClip(
  path: string,
  index: SourceIndex,
  clip: {
    span: FrameSpan;
    encoder?: readonly string[];
    script?: string;
    handles?: number;
    filters?: readonly string[];
    shared?: SharedWork;
  },
) {
  const [startFrame, endFrame] = clip.span;
  const context = { ...runnerContext(), ...(clip.shared ? { shared: clip.shared } : {}) };
  const argv = [...(clip.encoder ?? LOSSLESS), 'OUT.mkv'];
  const output = await runEncodeTask(
    {
      source: localObject(path),
      range: { startFrame, endFrame },
      script: filterScript(clip.script ?? ''),
      command: { programs: [{ argv }], outputName: 'OUT.mkv' },
      cut: createCutPlanner(index).cut(startFrame, endFrame, clip.handles ?? 0),
      bareCut: clip.handles ? createCutPlanner(index).cut(startFrame, endFrame) : undefined,
      sourceFormat: index.format,
      timeoutSeconds: 0,
      resumeFrames: 0,
      keyFrames: [],
      filters: [...(clip.filters ?? [])],
    },
    context,
  );
  const value = output.result.kind!.value as EncodeResult;
  return { path: output.artifacts[0]!.path, value, workDir: context.workDir };
}

export type Segment = Awaited<ReturnType<typeof encodedClip>>;

/** The merge task of segments, as the planner would write it. */
export function mergeTaskOf(
  segments: readonly Segment[],
  files: Readonly<Record<string, string>>,
  container: Passage['container'] = 'matroska',
): MergeTask {
  const results = segments.map((segment) => segment.value);
  return {
    segments: segments.map((segment) => localObject(segment.path)),
    index: localObject(files['index']!),
    sidecar: files['sidecar'] ? localObject(files['sidecar']) : undefined,
    audio: undefined,
    frameCount: results.reduce((sum, result) => sum + result.frameCount, 0),
    segmentFrames: results.map((result) => result.frameCount),
    segmentInputs: results.map((result) => result.inputFrames),
    segmentRates: results.map((result) => result.outputRate!),
    segmentsAgree: false,
    container,
    constantRate: false,
    restoreTimestamps: results.every((result) => result.frameCount === result.inputFrames),
    timeoutSeconds: 0,
  };
}

/**
 * A local file through index, encode and merge, each by its runner. `lines` is what the tasks logged; `clean` removes all
 * files.
 */
export async function throughTheGrid(path: string, passage: Passage = {}) {
  const { index, files, context: indexing } = await indexed(path);
  const segments: Segment[] = [];
  for (const [i, span] of (passage.clips ?? threeClips)(index).entries()) {
    const encoder = passage.encoders?.[i] ?? passage.encoders?.at(-1) ?? LOSSLESS;
    const script = passage.script ?? '';
    segments.push(await encodedClip(path, index, { span, encoder, script, handles: passage.handles ?? 0 }));
  }
  const { sidecar } = files;
  const audio = passage.audio && sidecar ? localObject(await passage.audio(sidecar)) : undefined;
  const context = runnerContext();
  const task = { ...mergeTaskOf(segments, files, passage.container), audio };
  const output = await runMergeTask(task, context);
  const folders = [indexing.workDir, context.workDir, ...segments.map((segment) => segment.workDir)];
  return {
    index,
    segments,
    result: output.artifacts[0]!.path,
    lines: [...indexing.lines, ...context.lines],
    clean: () => folders.forEach((folder) => rmSync(folder, { recursive: true })),
  };
}
