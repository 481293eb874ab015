import { basename, join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import type { EncodeCommand, EncodeTask, Rational } from '../../shared/gen/clipgrid/v1/task.ts';
import { salvageOf } from '../../shared/salvage.ts';
import { cutClip, type LocalClip } from '../media/clip-cut.ts';
import { checkKeyFrames, withKeyFrames } from '../media/forced-key-frames.ts';
import { y4mFrameRate } from '../media/frame-counter.ts';
import type { FilterChain } from '../media/filter-graph.ts';
import { frameSource, localSourceName, type FrameSource } from '../media/frame-source.ts';
import type { Branch } from '../media/branch.ts';
import { runPipeline } from '../media/pipeline.ts';
import { withTimestamps } from '../media/raw-video.ts';
import { requireRoom } from '../media/room.ts';
import { probeSegment, verifySegment } from '../media/segment-verify.ts';
import { withThreads } from '../media/thread-share.ts';
import { countWithThumbnail } from '../media/thumbnail.ts';
import { withWorkQuota } from '../sandbox/work-quota.ts';
import type { ToolCommand } from '../subprocess.ts';
import { mediaTools, type Runner, type RunnerContext } from './runner.ts';
import { Salvage } from './salvage.ts';
import { withTimeout } from './timeout.ts';
import { writtenFile } from './written-file.ts';

/** What was fetched, the rough cut and the clip are there at once for a while. */
const CLIP_COPIES = 3;

/** The user's programs as they run here: known path, own directory, nothing of the agent's environment (M7). */
export function programCommands(context: RunnerContext, command: EncodeCommand): Promise<ToolCommand[]> {
  const wrapped = command.programs.map(({ argv }) => {
    const name = basename(argv[0] ?? '');
    const path = context.tools.programs.get(name);
    if (path === undefined) throw new GridError('tool_missing', `this agent has no program ${name}`);
    return context.sandbox.wrap({
      argv: [path, ...argv.slice(1)],
      workDir: context.workDir,
      environment: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        HOME: context.workDir,
        TMPDIR: context.workDir,
        LC_ALL: 'C.UTF-8',
      },
      readOnlyPaths: [],
    });
  });
  return Promise.all(wrapped);
}

/** Fetches a clip's bytes from the source by ranges and cuts it. */
async function fetchClip(
  spec: EncodeTask,
  context: RunnerContext,
): Promise<{ clip: LocalClip; fetchedBytes: number }> {
  const { source, cut, range } = spec;
  if (!source || !cut || !range) throw new GridError('invalid_argument', 'the encode task is incomplete');
  await requireRoom(context.workDir, CLIP_COPIES * Math.max(0, cut.endByte - cut.seekByte), 'the clip');
  const opened = await context.source.open(source, context.signal);
  try {
    const outputPath = join(context.workDir, localSourceName(spec.script));
    const input = { source: opened, cut, startFrame: range.startFrame, outputPath };
    const clip = await cutClip(mediaTools(context), input);
    return { clip, fetchedBytes: opened.fetchedBytes() };
  } catch (error) {
    throw opened.failure() ?? error;
  } finally {
    await opened.close();
  }
}

/** Frames a second since the first frame. */
function speedometer(context: RunnerContext): (frames: number) => number {
  let from: { ms: number; frames: number } | undefined;
  return (frames) => {
    const ms = context.clock.monotonicMs();
    from ??= { ms, frames };
    return ms > from.ms ? ((frames - from.frames) * 1000) / (ms - from.ms) : 0;
  };
}

/** The clip as an attempt sees it that goes on behind committed parts: those are lead-in now. */
function behindParts(clip: LocalClip, resumedFrames: number): LocalClip {
  const wanted = clip.wanted - resumedFrames;
  if (wanted <= 0) throw new GridError('invalid_argument', 'the parts of the clip leave nothing to encode');
  return { ...clip, leadIn: clip.leadIn + resumedFrames, wanted };
}

interface Prepared {
  readonly clip: LocalClip;
  readonly source: FrameSource;
  readonly fetchedBytes: number;
}

/** Fetches a clip and makes what its frames are read from. */
async function prepare(spec: EncodeTask, context: RunnerContext): Promise<Prepared> {
  const { script, bareCut, resumeFrames, sourceFormat: format } = spec;
  const { clip: whole, fetchedBytes } = await fetchClip(spec, context);
  const clip = behindParts(whole, resumeFrames);
  const input = { script, clip, bareCut, resumedFrames: resumeFrames, format };
  return { clip, fetchedBytes, source: await frameSource(context, mediaTools(context), input) };
}

/** The same, once for all attempts that begin so. What was fetched, the one says that fetched it. */
async function prepared(spec: EncodeTask, context: RunnerContext): Promise<Prepared> {
  const { shared, signal } = context;
  if (shared === undefined) return prepare(spec, context);
  let fetchedBytes = 0;
  const common = await shared.once(
    (common) =>
      withWorkQuota(common, async (limited) => {
        const made = await prepare(spec, limited);
        fetchedBytes = made.fetchedBytes;
        return made;
      }),
    signal,
  );
  return { ...common, fetchedBytes };
}

interface Encoding {
  readonly clip: LocalClip;
  readonly filters: FilterChain;
  readonly source: FrameSource;
  readonly command: EncodeCommand;
  readonly resumedFrames: number;
}

/** Follows the encoder's output where the command gives separable parts and each frame of the clip is one of the output. */
function startSalvage(
  context: RunnerContext,
  { clip, source, command, resumedFrames }: Encoding,
  rate: () => Rational,
): Salvage | undefined {
  const programs = command.programs.map(({ argv }) => argv);
  if (source.frames !== clip.wanted || !salvageOf(programs, command.outputName).possible) return undefined;
  const path = join(context.workDir, basename(command.outputName));
  return new Salvage(context, { path, resumedFrames, rate });
}

/** Runs the script and the user's programs. */
async function filterAndEncode(context: RunnerContext, encoding: Encoding) {
  const { source, command, filters, resumedFrames, clip } = encoding;
  const framesTotal = resumedFrames + clip.wanted;
  const speed = speedometer(context);
  let header = '';
  const programs = await programCommands(context, command);
  const salvage = startSalvage(context, encoding, () => y4mFrameRate(header));
  const { signal, clock, shared } = context;
  const branch: Branch = {
    programs,
    filters,
    signal,
    onFrame(frames, seen) {
      header = seen;
      const framesDone = resumedFrames + frames;
      context.progress({ framesDone, framesTotal, fps: speed(frames), phase: 'filter' });
    },
    onStderrLine: (line, passing) => context.toolOutput(line, passing),
    onTool: (name) => context.onTool(name),
  };
  try {
    const fed = await (shared
      ? shared.feed(source, branch)
      : runPipeline({ ...branch, source: source.program([filters]), clock }));
    return { fed, salvage };
  } finally {
    await salvage?.finish();
  }
}

/** Of the frames that this attempt encodes, counted from its first. A script that makes more or fewer of them moves them. */
function keyFramesOf({ keyFrames, resumeFrames }: EncodeTask, source: FrameSource, wanted: number): number[] {
  if (keyFrames.length > 0 && source.frames !== wanted) {
    const message = `the script returns ${source.frames ?? 'an unknown number of'} frames for ${wanted}: it cannot be used where clips start at exact times`;
    throw new GridError('script_failed', message, { details: { inputAtFault: true } });
  }
  return keyFrames.map((frame) => frame - resumeFrames).filter((frame) => frame > 0);
}

async function encode(spec: EncodeTask, context: RunnerContext) {
  const { resumeFrames } = spec;
  const framesTotal = spec.cut?.framePts.length ?? 0;
  const startedMs = context.clock.monotonicMs();
  context.progress({ framesDone: resumeFrames, framesTotal, fps: 0, phase: 'fetch' });
  const { clip, source, fetchedBytes } = await prepared(spec, context);
  const tools = mediaTools(context);
  if (!spec.command) throw new GridError('invalid_argument', 'the encode task has no command');
  const keyFrames = keyFramesOf(spec, source, clip.wanted);
  const share = { cores: context.slotCores, attempts: context.shared?.attempts ?? 1 };
  const command = withThreads(withKeyFrames(spec.command, keyFrames), share);
  const { fed, salvage } = await filterAndEncode(context, {
    clip,
    filters: spec.filters,
    source,
    command,
    resumedFrames: resumeFrames,
  });
  if (source.frames !== undefined && fed.frames !== source.frames) {
    throw new GridError(
      'frames_missing',
      `the script promised ${source.frames} frames and gave ${fed.frames}`,
    );
  }
  const path = await writtenFile(context.workDir, command.outputName);
  context.progress({ framesDone: resumeFrames + fed.frames, framesTotal, fps: 0, phase: 'verify' });
  const written = await probeSegment(tools, path, { packets: keyFrames.length > 0 });
  const segment = await withTimestamps(tools, written, fed.rate);
  const thumbnail = countWithThumbnail(context.workDir);
  const verified = await verifySegment(tools, segment, async () => {
    const count = await salvage?.countFrames(segment);
    if (count === undefined) return thumbnail.count(tools, segment.path);
    await thumbnail.make(tools, segment.path);
    return count;
  });
  if (verified.frameCount !== fed.frames) {
    throw new GridError(
      'frames_missing',
      `the encoder was given ${fed.frames} frames, its output has ${verified.frameCount}`,
    );
  }
  checkKeyFrames(segment.probed, keyFrames);
  const counts = { inputFrames: clip.wanted, resumedFrames: resumeFrames };
  const encodeSeconds = (context.clock.monotonicMs() - startedMs) / 1000;
  return {
    path: segment.path,
    picture: await thumbnail.path(),
    value: { ...verified, ...counts, encodeSeconds, fetchedBytes, outputRate: fed.rate },
  };
}

/** Encodes one clip: cut, filter, encode, then decode the segment again and count (M1, M3, M6). */
export const runEncodeTask: Runner<EncodeTask> = async (spec, context) => {
  const { path, picture, value } = await withTimeout(context, spec.timeoutSeconds, (timed) =>
    withWorkQuota(timed, (limited) => encode(spec, limited)),
  );
  const artifacts = [
    { name: 'segment', path },
    ...(picture === undefined ? [] : [{ name: 'thumbnail', path: picture, optional: true }]),
  ];
  return { artifacts, result: { kind: { $case: 'encode', value } } };
};
