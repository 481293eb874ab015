import { GridError } from '../../shared/errors.ts';
import { exitProblem, type RunningTool, type ToolExit } from '../subprocess.ts';
import { withCause } from '../tool-cause.ts';
import type { FrameCounter } from './frame-counter.ts';

/** How the programs of a pipeline, and what lies between them, ended. */
export interface Outcome {
  /** The source's first; undefined: it goes on for others that read from it. */
  readonly exits: readonly (ToolExit | undefined)[];
  readonly counter: Pick<FrameCounter, 'frames' | 'cutShort'>;
  /** What was wrong with the frames themselves. */
  readonly error: GridError | undefined;
  /** Numbers of the programs, from 0, that closed their input before they had read all of it. */
  readonly hungUp: ReadonlySet<number>;
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

/** Throws the cause unless all of them did what they had to (M6). */
export function judge(
  source: RunningTool,
  programs: readonly RunningTool[],
  { exits, counter, error, hungUp }: Outcome,
): void {
  // What is no y4m breaks the pipe for all of them.
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
  const [first] = programs;
  if (exits[0] === undefined && first) throw withLog('encoder_failed', endedEarly(first), first);
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
