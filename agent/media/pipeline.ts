import { pipeline as connect } from 'node:stream/promises';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import type { Rational } from '../../shared/gen/clipgrid/v1/task.ts';
import {
  exitProblem,
  startTool,
  throwIfAborted,
  type RunningTool,
  type ToolCommand,
  type ToolExit,
} from '../subprocess.ts';
import { withCause } from '../tool-cause.ts';
import { watchIdle } from '../idle-watch.ts';
import { FrameCounter, y4mFrameRate } from './frame-counter.ts';
import { FramePace, PACE_LIMITS, type PaceLimits } from './frame-pace.ts';

export interface PipelineInput {
  readonly source: ToolCommand;
  readonly programs: readonly ToolCommand[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** L14: when it counts as hanging. Default: see there. */
  readonly limits?: HangLimits;
  /** `header`: of the y4m stream that the frames are in. */
  onFrame(frames: number, header: string): void;
  onStderrLine(line: string, passing: boolean): void;
}

export interface HangLimits {
  readonly pace: PaceLimits;
  /** None of the programs computed anything for so long. */
  readonly idleMs: number;
}

const HANG_LIMITS: HangLimits = { pace: PACE_LIMITS, idleMs: 60_000 };

/** Runs `source | program | program ...`, counts the frames on their way, and checks every exit code (M6). */
export async function runPipeline(input: PipelineInput): Promise<{ frames: number; rate: Rational }> {
  throwIfAborted(input.signal);
  const over = new AbortController();
  const signal = AbortSignal.any([input.signal, over.signal]);
  const options = { signal, clock: input.clock, onStderrLine: input.onStderrLine };
  const { pace: paceLimits, idleMs } = input.limits ?? HANG_LIMITS;
  const pace = new FramePace(input.clock.monotonicMs(), paceLimits);
  const counter: FrameCounter = new FrameCounter((frames) => {
    pace.frame(frames, input.clock.monotonicMs());
    input.onFrame(frames, counter.header ?? '');
  });
  counter.once('end', () => pace.sourceEnded(input.clock.monotonicMs()));
  const source = startTool(input.source, options);
  const programs = input.programs.map((command) => startTool(command, options));
  source.child.stdin?.end();
  const joints = connectAll(source, programs, counter);
  const tools = [source, ...programs];
  const watch = watchdog({ clock: input.clock, pace, idleMs, pids: pidsOf(tools) }, over);
  const exits = await Promise.all(tools.map((tool) => tool.done));
  watch.abort();
  const broken = await joints;
  throwIfAborted(input.signal);
  throwIfAborted(over.signal);
  judge(source, programs, { exits, counter, broken });
  return { frames: counter.frames, rate: y4mFrameRate(counter.header ?? '') };
}

/** What went wrong between the tools. */
interface Broken {
  readonly error: GridError | undefined;
  /** Numbers of the programs, from 0, that closed their input before they had read all of it. */
  readonly hungUp: ReadonlySet<number>;
}

/** Source to counter to first program, each program to the next. */
async function connectAll(
  source: RunningTool,
  programs: readonly RunningTool[],
  counter: FrameCounter,
): Promise<Broken> {
  const last = programs.at(-1);
  last?.child.stdout?.resume();
  const joints: Promise<void>[] = [];
  const first = programs[0]?.child.stdin;
  if (source.child.stdout && first) joints.push(connect(source.child.stdout, counter, first));
  for (const [i, program] of programs.slice(1).entries()) {
    const from = programs[i]?.child.stdout;
    if (from && program.child.stdin) joints.push(connect(from, program.child.stdin));
  }
  const hungUp = new Set<number>();
  let error: GridError | undefined;
  for (const [i, result] of (await Promise.allSettled(joints)).entries()) {
    if (result.status === 'fulfilled') continue;
    if (result.reason instanceof GridError) error ??= result.reason;
    else hungUp.add(i);
  }
  return { error, hungUp };
}

function pidsOf(tools: readonly RunningTool[]): number[] {
  return tools.flatMap((tool) => tool.child.pid ?? []);
}

interface Watched {
  readonly clock: Clock;
  readonly pace: FramePace;
  readonly idleMs: number;
  readonly pids: readonly number[];
}

/** L14: aborts `over`, with the reason, when no frame comes for too long or none of the programs does anything. */
function watchdog({ clock, pace, idleMs, pids }: Watched, over: AbortController): AbortController {
  const done = new AbortController();
  const hangs = (message: string): void => over.abort(new GridError('no_progress', message));
  const look = async (): Promise<void> => {
    while (!done.signal.aborted) {
      const leftMs = pace.leftMs(clock.monotonicMs());
      if (leftMs <= 0) return hangs(pace.describe());
      await clock.sleep(leftMs, done.signal);
    }
  };
  void look();
  const idle = `neither the script nor the encoder did anything for ${idleMs / 1000} s: they hang`;
  const onIdle = (): void => hangs(`${idle} (after frame ${pace.frames})`);
  void watchIdle({ pids, clock, idleMs, signal: done.signal, onIdle });
  return done;
}

interface Outcome {
  readonly exits: readonly ToolExit[];
  readonly counter: FrameCounter;
  readonly broken: Broken;
}

interface ToolFailure {
  /** 0 is the source. */
  readonly i: number;
  readonly tool: RunningTool;
  readonly problem: string;
  readonly atMs: number;
}

/**
 * A program that ends early breaks the pipes of those before it, which may be seen to end before it: from the first
 * failure in time on to whoever hung up on it and failed, too.
 */
function causeOf(failures: readonly ToolFailure[], hungUp: ReadonlySet<number>): ToolFailure | undefined {
  let cause = failures.toSorted((a, b) => a.atMs - b.atMs)[0];
  for (const later of failures) if (cause && later.i === cause.i + 1 && hungUp.has(cause.i)) cause = later;
  return cause;
}

function judge(
  source: RunningTool,
  programs: readonly RunningTool[],
  { exits, counter, broken }: Outcome,
): void {
  // What is no y4m breaks the pipe for all of them.
  const { error, hungUp } = broken;
  if (error) throw new GridError(error.code, error.message, { details: { log: source.tail.toString() } });
  const failures = [source, ...programs].flatMap((tool, i) => {
    const exit = exits[i];
    const problem = exit && exitProblem(tool, exit);
    return exit && problem !== undefined ? [{ i, tool, problem, atMs: exit.atMs }] : [];
  });
  const cause = causeOf(failures, hungUp);
  if (cause) {
    const reader = programs[cause.i];
    // Whoever read from it hung up, and was content: its pipe broke for that (M6).
    if (reader && exits[cause.i + 1]?.code === 0 && hungUp.has(cause.i))
      throw withLog('encoder_failed', endedEarly(reader), reader);
    throw withLog(cause.tool === source ? 'script_failed' : 'encoder_failed', cause.problem, cause.tool);
  }
  if (counter.frames === 0) throw withLog('script_no_frames', 'the script gave no frames', source);
  const content = programs.find((_, i) => (exits[i + 1]?.atMs ?? Infinity) < (exits[0]?.atMs ?? 0));
  if (counter.cutShort && content) throw withLog('encoder_failed', endedEarly(content), content);
  if (counter.cutShort)
    throw withLog('script_failed', `the frame source stopped inside of frame ${counter.frames}`, source);
}

function endedEarly({ name }: RunningTool): string {
  return `${name} ended with exit code 0 before it had read all frames`;
}

function withLog(
  code: 'encoder_failed' | 'script_failed' | 'script_no_frames',
  problem: string,
  tool: RunningTool,
): GridError {
  const log = tool.tail.toString();
  return new GridError(code, withCause(problem, log), { details: { log } });
}
