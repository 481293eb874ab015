import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import type { ClipCut, FilterScript, Rational, VideoFormat } from '../../shared/gen/clipgrid/v1/task.ts';
import type { RunnerContext } from '../runners/runner.ts';
import { checkSourceFilters } from '../../shared/source-filters.ts';
import { outputFd, type ToolCommand } from '../subprocess.ts';
import { withoutLeads, type LocalClip } from './clip-cut.ts';
import { filteredOutputs, type FilterChain } from './filter-graph.ts';
import { TOOL_ENVIRONMENT, type MediaTools } from './probe.ts';
import { scriptFrames } from './script-info.ts';
import { threadShare } from './thread-share.ts';
import { y4mConversion } from './y4m-pixels.ts';

/** A program that writes a clip's frames as y4m: to its standard output, or filtered by the i-th of several chains to the i-th output. */
export type FrameProgram = (chains: readonly FilterChain[]) => ToolCommand;

/** One that tells of the frames that it has written to all outputs, as ffmpeg's -progress does, at the output behind them. */
export interface TellingSource {
  readonly program: FrameProgram;
  /** Frames a second. */
  readonly rate: Rational;
}

export interface FrameSource {
  readonly program: FrameProgram;
  /** Absent: nobody knows what it writes but who reads it. */
  readonly telling?: TellingSource;
  /** Frames it must give; undefined when the script decides. */
  readonly frames: number | undefined;
}

export const SCRIPT_NAME = 'script.vpy';
const PLAIN_NAME = /^[\w][\w.-]{0,99}$/;

/** The name through which a script sees its source; a user's text, so it is held to a plain file name. */
export function localSourceName(script: FilterScript | undefined): string {
  const name = script?.sourceName ?? '';
  return PLAIN_NAME.test(name) && basename(name) === name ? name : 'CLIPGRID_SOURCE.mkv';
}

const pipeAt = (output: number): string => `pipe:${outputFd(output)}`;

/**
 * ffmpeg reads the wanted frames of the clip: no VapourSynth is needed. y4m has one rate and no time stamps, so the frames
 * are numbered at that rate; the merge gives them their own times again (M4).
 */
function passThrough(
  tools: MediaTools,
  clip: LocalClip,
  { format, cores }: { format: VideoFormat | undefined; cores: number },
): FrameSource {
  const rate = format?.frameRate;
  const { num, den } = rate && rate.num > 0 ? rate : { num: 25, den: 1 };
  const first = [`setpts=N*${den}/(${num}*TB)`, ...y4mConversion(format?.pixelFormat ?? '')];
  if (clip.leadIn + clip.leadOut > 0)
    first.unshift(`select='between(n,${clip.leadIn},${clip.leadIn + clip.wanted - 1})'`);
  const threads = threadShare({ cores, attempts: 1 });
  const read = ['-nostdin', '-v', 'error', '-xerror', '-noautorotate', '-threads', threads, '-i', clip.path];
  read.push('-filter_threads', threads, '-filter_complex_threads', threads);
  const each = ['-vsync', 'cfr', '-r', `${num}/${den}`, '-frames:v', String(clip.wanted)];
  each.push('-strict', '-1', '-f', 'yuv4mpegpipe');
  const source = (chains: readonly FilterChain[], options: readonly string[]): ToolCommand => {
    chains.forEach(checkSourceFilters);
    const outputs = chains.map((_, i) => pipeAt(i));
    const argv = [tools.ffmpeg, ...options, ...read, ...filteredOutputs(first, chains, { each, outputs })];
    return { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  };
  const telling: TellingSource = {
    program: (chains) => source(chains, ['-progress', pipeAt(chains.length)]),
    rate: { num, den },
  };
  return { program: (chains) => source(chains, []), telling, frames: clip.wanted };
}

/** Writes a script into the work directory. What is returned makes `vspipe ARGS` in the sandbox, where the script sees its source. */
export async function scriptTool(
  context: RunnerContext,
  script: FilterScript,
  sourcePath: string,
): Promise<(args: readonly string[]) => Promise<ToolCommand>> {
  const vapourSynth = context.tools.vspipe;
  if (vapourSynth === undefined) throw new GridError('tool_missing', 'this agent has no VapourSynth');
  await writeFile(join(context.workDir, SCRIPT_NAME), script.text);
  const environment = {
    ...vapourSynth.environment,
    HOME: context.workDir,
    TMPDIR: context.workDir,
    [script.sourceVariable]: basename(sourcePath),
  };
  return (args) =>
    context.sandbox.wrap({
      argv: [vapourSynth.vspipe, ...args],
      workDir: context.workDir,
      environment,
      readOnlyPaths: vapourSynth.readOnlyPaths,
    });
}

export interface FrameSourceInput {
  readonly script: FilterScript | undefined;
  readonly clip: LocalClip;
  /** The cut without handles, where the clip has some. */
  readonly bareCut: ClipCut | undefined;
  /** Of the clip's lead-in: frames that earlier attempts have encoded. */
  readonly resumedFrames: number;
  /** Of the source. */
  readonly format: VideoFormat | undefined;
}

/**
 * The frame source of a clip: vspipe for a script, ffmpeg for the pass-through. Lead-in and lead-out are cut from what the
 * script returns when it returns as many frames as it was given; when not, it gets a clip without them.
 */
export async function frameSource(
  context: RunnerContext,
  tools: MediaTools,
  input: FrameSourceInput,
): Promise<FrameSource> {
  const { script, clip } = input;
  const scripted = (command: ToolCommand, frames: number | undefined): FrameSource => ({
    program: () => command,
    frames,
  });
  if (script === undefined || script.text === '') {
    return passThrough(tools, clip, { format: input.format, cores: context.slotCores });
  }
  const vspipe = await scriptTool(context, script, clip.path);
  const given = clip.leadIn + clip.wanted + clip.leadOut;
  const frames = await scriptFrames(context, await vspipe(['--info', SCRIPT_NAME, '-']));
  if (clip.leadIn + clip.leadOut === 0)
    return scripted(await vspipe(['-c', 'y4m', SCRIPT_NAME, '-']), frames);
  if (frames === given) {
    const range = ['-s', String(clip.leadIn), '-e', String(clip.leadIn + clip.wanted - 1)];
    return scripted(await vspipe(['-c', 'y4m', ...range, SCRIPT_NAME, '-']), clip.wanted);
  }
  if (input.resumedFrames > 0) {
    const message = `the script returns ${frames} frames for ${given}: it did not when the first ${input.resumedFrames} of this clip were encoded`;
    throw new GridError('script_failed', message);
  }
  const outputPath = join(context.workDir, 'exact.mkv');
  // The script has run once: a link that it left here would be written through with the agent's rights.
  await rm(outputPath, { force: true, recursive: true });
  const exact = await withoutLeads(tools, { clip, bareCut: input.bareCut, outputPath });
  // The script may know its source by name only.
  await rename(exact.path, clip.path);
  const exactFrames = await scriptFrames(context, await vspipe(['--info', SCRIPT_NAME, '-']));
  return scripted(await vspipe(['-c', 'y4m', SCRIPT_NAME, '-']), exactFrames);
}
