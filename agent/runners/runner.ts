import type { Branch } from '../media/branch.ts';
import type { Fed } from '../media/pipeline.ts';
import type { FrameSource } from '../media/frame-source.ts';
import type { Clock } from '../../shared/clock.ts';
import type { EncodeResult, FrameRange, TaskResult } from '../../shared/gen/clipgrid/v1/task.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { ToolExit } from '../subprocess.ts';
import type { ToolPaths } from '../tools.ts';
import type { SourceAccess } from '../media/source-access.ts';
import type { MediaTools } from '../media/probe.ts';

/** What a runner says while it works; the next heartbeat carries the latest. */
export interface RunnerProgress {
  readonly framesDone: number;
  readonly framesTotal: number;
  /** Frames a second, over the last seconds. */
  readonly fps: number;
  /** Seconds of output a second; undefined: not known. */
  readonly speed?: number;
  readonly phase: 'fetch' | 'probe' | 'filter' | 'encode' | 'verify' | 'upload' | 'merge';
}

/** A part of a clip that is encoded and verified, while the rest is still being encoded. */
export interface FinishedPart {
  /** Absolute path of a complete file below `workDir`. */
  readonly path: string;
  /** Counted from the clip's first frame. */
  readonly frames: FrameRange;
  readonly result: EncodeResult;
}

/** Everything that one attempt may use. It ends with the attempt. */
export interface RunnerContext {
  /** A private, empty directory; removed after the attempt. Absolute path. */
  readonly workDir: string;
  /** Aborts when the lease is lost or the task is cancelled: kill every child and throw. */
  readonly signal: AbortSignal;
  /** Processors of this machine for each of its slots; may be a fraction. */
  readonly slotCores: number;
  readonly tools: ToolPaths;
  readonly sandbox: Sandbox;
  readonly source: SourceAccess;
  readonly clock: Clock;
  readonly logger: Logger;
  progress(progress: RunnerProgress): void;
  /** Has a part kept beyond this attempt. It must begin where the last one ended. Throws when it is not kept. */
  savePart(part: FinishedPart): Promise<void>;
  /** A tool was started; what comes back is called at its end. */
  onTool(name: string): (exit: ToolExit) => void;
  /** Keeps the last lines of what the tools print, for whoever looks; they go into a failure. `passing`: progress. */
  toolOutput(line: string, passing?: boolean): void;
  /** Present where other leases begin with the same work. */
  readonly shared?: SharedWork;
}

/** What several attempts have in common, as one of them sees it. */
export interface SharedWork {
  /** Attempts that began with it. */
  readonly attempts: number;
  /** Does it once, for all of them, in a directory that is there until all have ended. */
  once<T>(work: (common: RunnerContext) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Reads from one source together with the others, when each of them does so or has ended. */
  feed(source: FrameSource, branch: Branch): Promise<Fed>;
}

export interface RunnerArtifact {
  /** segment, thumbnail, index, sidecar, audio, clip, result or file/NAME. */
  readonly name: string;
  /** Absolute path of a complete file below `workDir`. */
  readonly path: string;
  /** Left out where it cannot be delivered: the task is as good without. */
  readonly optional?: boolean;
}

export interface RunnerOutput {
  readonly artifacts: readonly RunnerArtifact[];
  readonly result: TaskResult;
}

/** Runs one attempt of one task kind. Throws a `GridError` whose code says whose fault it is. */
export type Runner<Spec> = (spec: Spec, context: RunnerContext) => Promise<RunnerOutput>;

/** The part of a context that our own media tools need. */
export function mediaTools(context: RunnerContext): MediaTools {
  const { tools, workDir, signal, clock } = context;
  return {
    ffmpeg: tools.ffmpeg,
    ffprobe: tools.ffprobe,
    workDir,
    signal,
    clock,
    onStderrLine: (line, passing) => context.toolOutput(line, passing),
    onTool: (name) => context.onTool(name),
  };
}
