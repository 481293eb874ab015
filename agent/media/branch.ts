import type { Writable } from 'node:stream';
import { finished, pipeline as connect } from 'node:stream/promises';
import type { Clock } from '../../shared/clock.ts';
import { startTool, type RunningTool, type ToolCommand, type ToolExit } from '../subprocess.ts';
import type { FilterChain } from './filter-graph.ts';

/** Programs that read a frame source: the first reads its frames, each other one what the one before it writes. */
export interface Branch {
  /** That the frames go through in the source. Default: none. */
  readonly filters?: FilterChain;
  readonly programs: readonly ToolCommand[];
  /** Ends these programs, and nobody else's. */
  readonly signal: AbortSignal;
  /** `header`: of the y4m stream that the frames are in; of frames that are only heard of, with no more than their rate. */
  onFrame(frames: number, header: string): void;
  onStderrLine(line: string, passing: boolean): void;
  onTool?(name: string): (exit: ToolExit) => void;
}

export interface RunningBranch {
  readonly of: Branch;
  readonly tools: readonly RunningTool[];
  readonly signal: AbortSignal;
  readonly input: Writable | null;
  /** Numbers of the programs, from 0, that closed their input before they had read all of it. */
  readonly hungUp: Promise<ReadonlySet<number>>;
}

/** Who hears of a tool. */
export function listeners({ onStderrLine, onTool }: Pick<Branch, 'onStderrLine' | 'onTool'>) {
  return { onStderrLine, ...(onTool ? { onTool } : {}) };
}

/** Starts the programs and connects each with the next. `stdin`: file descriptor that the first reads from; default: `input`. */
export function startBranch(
  branch: Branch,
  { signal, clock, stdin }: { signal: AbortSignal; clock: Clock; stdin?: number },
): RunningBranch {
  const ownSignal = AbortSignal.any([signal, branch.signal]);
  const options = { signal: ownSignal, clock, ...listeners(branch) };
  const tools = branch.programs.map((command, i) =>
    startTool(command, i === 0 && stdin !== undefined ? { ...options, stdin } : options),
  );
  tools.at(-1)?.child.stdout?.resume();
  const input = tools[0]?.child.stdin ?? null;
  // One for each program, by its number.
  const joints: Promise<void>[] = [input ? finished(input, { readable: false }) : Promise.resolve()];
  for (const [i, { child }] of tools.slice(1).entries()) {
    const from = tools[i]?.child.stdout;
    if (from && child.stdin) joints.push(connect(from, child.stdin));
  }
  const hungUp = Promise.allSettled(joints).then(
    (results) => new Set(results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))),
  );
  return { of: branch, tools, signal: ownSignal, input, hungUp };
}
