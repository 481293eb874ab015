import { createCutPlanner, type CutPlanner } from '../../shared/clip-cut.ts';
import type { EncodeCommand, FilterScript } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import { GridError } from '../../shared/errors.ts';
import { MAX_FILES } from '../../shared/file-names.ts';
import { clipBorders } from './clip-borders.ts';
import { requireConstantRate } from './constant-rate.ts';
import { intervalStarts } from './interval-starts.ts';
import type { CommandSpec, FilmSpec, JobSpec, ScriptSpec } from './job.ts';
import { unsignedInput } from './object-input.ts';
import { clipRequirements, commandRequirements } from './requirements.ts';
import type { Artifact, NewTask } from './task.ts';

/** What later stages need to know of the plan; stored with the job. */
export interface PlanSummary {
  /** Of a film. */
  readonly index?: Artifact;
  readonly sidecar?: Artifact;
  readonly frameCount: number;
  readonly durationS: number;
  /** First frames of the files that the job is to be packaged in. */
  readonly fileStarts?: readonly number[];
}

export interface Plan {
  readonly summary: PlanSummary;
  readonly tasks: readonly NewTask[];
}

export interface IndexInput {
  readonly index: SourceIndex;
  readonly indexArtifact: Artifact;
  readonly sidecarArtifact?: Artifact;
}

export interface PlanInput extends IndexInput {
  readonly spec: FilmSpec;
  /** Slots of all agents that are online: more of them make shorter clips. */
  readonly slots: number;
}

/** Clips a slot: enough that the last one to finish costs little, few enough that joints cost no bytes. */
const CLIPS_PER_SLOT = 4;
/** The grant of the merge names every segment with its signed URL, and is one message (see `maxMessageBytes`). */
export const MAX_CLIPS = 10_000;
const MIN_CLIP_S = 1.5;
const MAX_CLIP_S = 60;
const MIN_TIMEOUT_S = 20 * 60;
const WHOLE_TIMEOUT_S = 48 * 3600;
/** Slowest believable encode: 1 frame in this many seconds, before the timeout cuts in. */
const SLOW_FRAME_S = 5;

/** All that comes of an index by itself: what jobs that name it are planned from. */
export function indexPlan(input: IndexInput): Plan {
  return { summary: summaryOf(input, createCutPlanner(input.index)), tasks: [] };
}

function summaryOf({ index, indexArtifact, sidecarArtifact }: IndexInput, cuts: CutPlanner): PlanSummary {
  return {
    index: indexArtifact,
    ...(sidecarArtifact ? { sidecar: sidecarArtifact } : {}),
    frameCount: cuts.frameCount,
    durationS: filmSeconds(index, cuts),
  };
}

/** Makes the tasks of the second stage: one encode task a clip, and the audio task when audio is encoded. */
export function plan(input: PlanInput): Plan {
  const { spec, index } = input;
  const cuts = createCutPlanner(index);
  if (spec.constantRate) requireConstantRate(index, cuts.framePts);
  const durationS = filmSeconds(index, cuts);
  const { borders } = spec.clips;
  const intervals = borders ? intervalStarts(cuts.framePts, index.timeBase, borders.everyS) : [];
  const starts = borders
    ? intervalClips(input, cuts, { intervals, perClip: borders.perClip })
    : clipStarts(input, cuts, durationS);
  if (spec.package) checkFiles(intervals.length);
  let interval = 0;
  const encodes = starts.map((start, clipIndex) => {
    const end = starts[clipIndex + 1] ?? cuts.frameCount;
    // Both ascend: to look through all intervals for each clip would stop the process for a long film.
    const first = interval;
    while ((intervals[interval] ?? Infinity) < end) interval++;
    const keyFrames = intervals.slice(first, interval).filter((frame) => frame > start);
    return encodeTask(input, cuts, { clipIndex, start, end, clips: starts.length, keyFrames });
  });
  const sidecar = hasSound(index) ? input.sidecarArtifact : undefined;
  const audio = spec.audio && sidecar ? [audioTask(spec.audio, sidecar)] : [];
  const summary = { ...summaryOf(input, cuts), ...(spec.package ? { fileStarts: intervals } : {}) };
  return { summary, tasks: [...encodes, ...audio] };
}

function checkFiles(files: number): void {
  if (files <= MAX_FILES) return;
  const message = `the film would be cut in ${files} files, and a job has at most ${MAX_FILES}: choose longer intervals (clips.borders.everyS)`;
  throw new GridError('too_large', message, { details: { field: 'clips.borders.everyS', value: files } });
}

/** A sidecar may hold subtitles or chapters only: then there is nothing to encode, and the result is as silent as the source. */
function hasSound(index: SourceIndex): boolean {
  return index.audioTracks !== 0;
}

function filmSeconds(index: SourceIndex, cuts: CutPlanner): number {
  const first = cuts.framePts[0] ?? 0;
  const last = cuts.framePts[cuts.frameCount - 1] ?? 0;
  return ((last - first + index.lastDuration) * index.timeBase.num) / index.timeBase.den;
}

/**
 * First frames of the clips. A source that can only be decoded from its start stays whole; where the wanted length would
 * make too many clips, they are longer.
 */
function clipStarts(input: PlanInput, cuts: CutPlanner, durationS: number): number[] {
  const { clips } = input.spec;
  if (clips.mode === 'whole' || !input.index.packetExact || durationS <= 0) return [0];
  const automatic = Math.min(MAX_CLIP_S, durationS / (CLIPS_PER_SLOT * Math.max(1, input.slots)));
  const targetS = clips.targetS ?? Math.max(MIN_CLIP_S, automatic);
  const { frameCount } = cuts;
  const keyframes = allowedStarts(input.index, cuts);
  let targetFrames = Math.max(1, Math.round((targetS / durationS) * frameCount));
  for (;;) {
    const starts = withSplits(keyframes, { frameCount, targetFrames });
    const borders = clipBorders({ frameCount, starts, targetFrames });
    if (borders.length <= MAX_CLIPS) return borders;
    targetFrames = Math.ceil((targetFrames * borders.length) / MAX_CLIPS) + 1;
  }
}

/** Of the frames at which an interval starts, those at which a clip does. */
function intervalClips(
  { spec, index }: PlanInput,
  cuts: CutPlanner,
  { intervals, perClip }: { intervals: readonly number[]; perClip: number },
): readonly number[] {
  if (spec.clips.mode === 'whole' || !index.packetExact) return [0];
  const step = Math.max(perClip, Math.ceil(intervals.length / MAX_CLIPS));
  const starts = intervals.filter((_, i) => i % step === 0);
  return fewInStretch(starts, allowedStarts(index, cuts));
}

/** Most clips that start in one stretch without keyframes: each decodes all that precedes it there, so that work grows with the square. */
const MAX_IN_STRETCH = 8;

/** Where too many clips would start in one stretch, only every second one does, or third. */
function fewInStretch(starts: readonly number[], keyframes: readonly number[]): number[] {
  let stretch = 0;
  const byStretch = Map.groupBy(starts, (start) => {
    while ((keyframes[stretch + 1] ?? Infinity) <= start) stretch++;
    return stretch;
  });
  return [...byStretch.values()].flatMap((within) => {
    const step = Math.ceil(within.length / MAX_IN_STRETCH);
    return within.filter((_, i) => i % step === 0);
  });
}

/** Most parts of one stretch without keyframes: each part decodes, and throws away, all that precedes it in the stretch. */
const MAX_SPLITS = 4;

/**
 * Where keyframes are much further apart than a clip is to be long, a few borders in between: a clip may start anywhere, at
 * the price of decoding from the keyframe before it, which costs less than an idle agent.
 */
export function withSplits(
  keyframes: readonly number[],
  { frameCount, targetFrames }: { frameCount: number; targetFrames: number },
): number[] {
  return keyframes.flatMap((start, i) => {
    const gap = (keyframes[i + 1] ?? frameCount) - start;
    const parts = Math.min(MAX_SPLITS, Math.floor(gap / targetFrames));
    if (parts < 2) return [start];
    return Array.from({ length: parts }, (_, part) => start + Math.round((part * gap) / parts));
  });
}

/** Clean starts; where a source has hardly any (open GOPs), every keyframe, at the price of a lead-in. */
function allowedStarts(index: SourceIndex, cuts: CutPlanner): readonly number[] {
  if (cuts.cleanStarts.length * 2 >= index.keyframes.length) return cuts.cleanStarts;
  const frameOf = new Map(cuts.framePts.map((pts, frame) => [pts, frame]));
  const frames = index.keyframes.map((packet) => frameOf.get(index.pts[packet] ?? Number.NaN) ?? 0);
  return [...new Set([0, ...frames])].toSorted((a, b) => a - b);
}

/** Common temporal filters look 1 to 10 frames far; a few more cost a clip next to nothing. */
const DEFAULT_HANDLE_FRAMES = 12;

function handleFrames({ script, clips }: FilmSpec): number {
  return script.text === '' ? 0 : (clips.handleFrames ?? DEFAULT_HANDLE_FRAMES);
}

interface ClipRange {
  readonly clipIndex: number;
  readonly start: number;
  readonly end: number;
  readonly clips: number;
  /** Frames of the source within it that must be keyframes. */
  readonly keyFrames: readonly number[];
}

function encodeTask(input: PlanInput, cuts: CutPlanner, clip: ClipRange): NewTask {
  const { spec, index } = input;
  const frames = clip.end - clip.start;
  const limit = clip.clips === 1 && spec.limitsWhole === false ? undefined : spec.encodeTimeoutS;
  const handles = handleFrames(spec);
  const automatic = clip.clips === 1 ? WHOLE_TIMEOUT_S : Math.max(MIN_TIMEOUT_S, frames * SLOW_FRAME_S);
  return {
    kind: 'encode',
    clipIndex: clip.clipIndex,
    requires: clipRequirements(spec),
    framesTotal: frames,
    cost: frames,
    spec: {
      kind: {
        $case: 'encode',
        value: {
          source: unsignedInput(spec.source),
          range: { startFrame: clip.start, endFrame: clip.end },
          script: filterScript(spec.script),
          command: encodeCommand(spec.command),
          cut: cuts.cut(clip.start, clip.end, handles),
          bareCut: handles > 0 ? cuts.cut(clip.start, clip.end) : undefined,
          sourceFormat: index.format,
          timeoutSeconds: limit ?? automatic,
          resumeFrames: 0,
          keyFrames: clip.keyFrames.map((frame) => frame - clip.start),
          filters: [...(spec.filters ?? [])],
        },
      },
    },
  };
}

function audioTask(command: CommandSpec, sidecar: Artifact): NewTask {
  const value = {
    sidecar: unsignedInput(sidecar),
    command: encodeCommand(command),
    timeoutSeconds: WHOLE_TIMEOUT_S,
  };
  return {
    kind: 'audio',
    requires: commandRequirements(command),
    framesTotal: 0,
    // Whole and never cut: started first, it is not what the end waits for.
    cost: Number.MAX_SAFE_INTEGER,
    spec: { kind: { $case: 'audio', value } },
  };
}

/** The first task of a film. */
export function indexTask(spec: Pick<JobSpec, 'source'>): NewTask {
  return {
    kind: 'index',
    requires: ['program:ffmpeg'],
    framesTotal: 0,
    cost: spec.source.sizeBytes,
    spec: { kind: { $case: 'index', value: { source: unsignedInput(spec.source) } } },
  };
}

/** A command in the words of the wire. */
export function encodeCommand(command: CommandSpec): EncodeCommand {
  return { programs: command.programs.map((argv) => ({ argv: [...argv] })), outputName: command.outputName };
}

/** A script in the words of the wire. */
export function filterScript(script: ScriptSpec): FilterScript {
  return { text: script.text, sourceVariable: script.sourceVariable, sourceName: script.sourceName };
}
