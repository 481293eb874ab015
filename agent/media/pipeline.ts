import { pipeline as connect } from 'node:stream/promises';
import type { Clock } from '../../shared/clock.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import {
  exitProblem,
  startTool,
  throwIfAborted,
  type RunningTool,
  type ToolCommand,
  type ToolExit,
} from '../subprocess.ts';
import { withCause } from '../tool-cause.ts';
import { FrameCounter } from './frame-counter.ts';

export interface PipelineInput {
  readonly source: ToolCommand;
  readonly programs: readonly ToolCommand[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** L14: without a new frame for so long, it hangs. */
  readonly stallMs: number;
  onFrame(frames: number): void;
  onStderrLine(line: string): void;
}

/** Runs `source | program | program ...`, counts the frames on their way, and checks every exit code (M6). */
export async function runPipeline(input: PipelineInput): Promise<{ frames: number }> {
  throwIfAborted(input.signal);
  const over = new AbortController();
  const signal = AbortSignal.any([input.signal, over.signal]);
  const options = { signal, clock: input.clock, onStderrLine: input.onStderrLine };
  let lastFrameMs = input.clock.monotonicMs();
  const counter = new FrameCounter((frames) => {
    lastFrameMs = input.clock.monotonicMs();
    input.onFrame(frames);
  });
  const source = startTool(input.source, options);
  const programs = input.programs.map((command) => startTool(command, options));
  source.child.stdin?.end();
  const joints = connectAll(source, programs, counter);
  const watch = watchdog(input, () => lastFrameMs, over);
  const exits = await Promise.all([source, ...programs].map((tool) => tool.done));
  watch.abort();
  const broken = await joints;
  throwIfAborted(input.signal);
  if (over.signal.aborted) throw stalled(input.stallMs, counter.frames);
  judge(source, programs, { exits, counter, broken });
  return { frames: counter.frames };
}

/** Source to counter to first program, each program to the next. Resolves to what broke in between, if anything. */
async function connectAll(
  source: RunningTool,
  programs: readonly RunningTool[],
  counter: FrameCounter,
): Promise<GridError | undefined> {
  const last = programs.at(-1);
  last?.child.stdout?.resume();
  const joints: Promise<void>[] = [];
  const first = programs[0]?.child.stdin;
  if (source.child.stdout && first) joints.push(connect(source.child.stdout, counter, first));
  for (const [i, program] of programs.slice(1).entries()) {
    const from = programs[i]?.child.stdout;
    if (from && program.child.stdin) joints.push(connect(from, program.child.stdin));
  }
  const results = await Promise.allSettled(joints);
  for (const result of results) {
    if (result.status === 'rejected' && result.reason instanceof GridError) return toGridError(result.reason);
  }
  return undefined;
}

function watchdog(input: PipelineInput, lastFrameMs: () => number, over: AbortController): AbortController {
  const done = new AbortController();
  const look = async (): Promise<void> => {
    while (!done.signal.aborted) {
      const quietMs = input.clock.monotonicMs() - lastFrameMs();
      if (quietMs >= input.stallMs) return over.abort();
      await input.clock.sleep(input.stallMs - quietMs, done.signal);
    }
  };
  void look();
  return done;
}

function stalled(stallMs: number, frames: number): GridError {
  return new GridError(
    'no_progress',
    `no new frame came for ${stallMs / 1000} s after frame ${frames}: the script or the encoder hangs`,
  );
}

interface Outcome {
  readonly exits: readonly ToolExit[];
  readonly counter: FrameCounter;
  readonly broken: GridError | undefined;
}

/** A program that ends early breaks the pipes of those before it: the first failure in time is the cause of the others. */
function judge(
  source: RunningTool,
  programs: readonly RunningTool[],
  { exits, counter, broken }: Outcome,
): void {
  // What is no y4m breaks the pipe for all of them.
  if (broken) throw new GridError(broken.code, broken.message, { details: { log: source.tail.toString() } });
  const failures = [source, ...programs].flatMap((tool, i) => {
    const exit = exits[i];
    const problem = exit && exitProblem(tool, exit);
    return exit && problem !== undefined ? [{ tool, problem, atMs: exit.atMs }] : [];
  });
  const first = failures.toSorted((a, b) => a.atMs - b.atMs)[0];
  if (first)
    throw withLog(first.tool === source ? 'script_failed' : 'encoder_failed', first.problem, first.tool);
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
