import type { Readable, Writable } from 'node:stream';
import { finished, pipeline as connect } from 'node:stream/promises';
import type { Clock } from '../../shared/clock.ts';
import { assert, GridError } from '../../shared/errors.ts';
import type { Rational } from '../../shared/gen/clipgrid/v1/task.ts';
import { watchIdle } from '../idle-watch.ts';
import {
  startTool,
  throwIfAborted,
  type RunningTool,
  type ToolCommand,
  type ToolExit,
} from '../subprocess.ts';
import { distinctChains, isSameChain, type FilterChain } from './filter-graph.ts';
import { FrameCounter, y4mFrameRate } from './frame-counter.ts';
import { giveFrames } from './frame-feed.ts';
import { FramePace, PACE_LIMITS, type PaceLimits } from './frame-pace.ts';
import type { FrameProgram } from './frame-source.ts';
import { judge } from './pipeline-blame.ts';

/** Programs that read a frame source: the first reads its frames, each other one what the one before it writes. */
export interface Branch {
  /** That the frames go through in the source. Default: none. */
  readonly filters?: FilterChain;
  readonly programs: readonly ToolCommand[];
  /** Ends these programs, and nobody else's. */
  readonly signal: AbortSignal;
  /** `header`: of the y4m stream that the frames are in. */
  onFrame(frames: number, header: string): void;
  onStderrLine(line: string, passing: boolean): void;
  onTool?(name: string): (exit: ToolExit) => void;
}

interface SourceInput {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** L14: when it counts as hanging. Default: see there. */
  readonly limits?: HangLimits;
  onStderrLine(line: string, passing: boolean): void;
  onTool?(name: string): (exit: ToolExit) => void;
}

export interface PipelineInput extends SourceInput, Branch {
  readonly source: ToolCommand;
}

/** One frame source for several. */
export interface BranchesInput extends SourceInput {
  readonly source: FrameProgram;
  readonly branches: readonly Branch[];
}

export interface HangLimits {
  readonly pace: PaceLimits;
  /** None of the programs computed anything for so long. */
  readonly idleMs: number;
}

/** What the programs were given. */
export interface Fed {
  readonly frames: number;
  readonly rate: Rational;
}

const HANG_LIMITS: HangLimits = { pace: PACE_LIMITS, idleMs: 60_000 };

/** Runs `source | program | program ...`, counts the frames on their way, and checks every exit code (M6). */
export async function runPipeline(input: PipelineInput): Promise<Fed> {
  throwIfAborted(input.signal);
  const { fed, over } = startBranches({ ...input, source: () => input.source, branches: [input] });
  const [end] = await Promise.allSettled(fed);
  await over;
  if (end?.status !== 'fulfilled') throw end?.reason;
  return end.value;
}

/** Of one frame source and all that read from it. */
export interface Branching {
  /** What each branch was given, once it has ended well; by branch. */
  readonly fed: readonly Promise<Fed>[];
  /** All programs have ended. Never rejects. */
  readonly over: Promise<void>;
}

/**
 * Runs one frame source for all branches. One that fails, or is not wanted any more, is left out; the others go on. All of them
 * go at the pace of the slowest. What makes the source useless, or a hang, is the end of all.
 */
export function startBranches(input: BranchesInput): Branching {
  const { clock } = input;
  const hanging = new AbortController();
  const signal = AbortSignal.any([input.signal, hanging.signal]);
  const { pace: paceLimits, idleMs } = input.limits ?? HANG_LIMITS;
  const pace = new FramePace(clock.monotonicMs(), paceLimits);
  const chains = distinctChains(input.branches.map(({ filters = [] }) => filters));
  const options = { signal, clock, outputs: chains.length, ...listeners(input) };
  const source = startTool(input.source(chains), options);
  source.child.stdin?.end();
  const branches = input.branches.map((branch) => startBranch(branch, { signal, clock }));
  const onFrame = (frames: number): void => {
    if (frames > pace.frames) pace.frame(frames, clock.monotonicMs());
  };
  const feeds = source.outputs.map((output, i) =>
    openFeed(output, { chain: chains[i] ?? [], branches, onFrame }),
  );
  void Promise.all(feeds.map(({ broken }) => broken)).then(() => pace.sourceEnded(clock.monotonicMs()));
  const tools = [source, ...branches.flatMap((branch) => branch.tools)];
  const watch = watchdog({ clock, pace, idleMs, pids: pidsOf(tools) }, hanging);
  const fed = branches.map((branch) => endOf(branch, { source, feeds, branches, signal }));
  const over = Promise.allSettled(fed)
    .then(() => source.done)
    .then(() => watch.abort());
  return { fed, over };
}

interface RunningBranch {
  readonly of: Branch;
  readonly tools: readonly RunningTool[];
  readonly signal: AbortSignal;
  readonly input: Writable | null;
  /** Numbers of the programs, from 0, that closed their input before they had read all of it. */
  readonly hungUp: Promise<ReadonlySet<number>>;
}

/** Who hears of a tool. */
function listeners({ onStderrLine, onTool }: Pick<Branch, 'onStderrLine' | 'onTool'>) {
  return { onStderrLine, ...(onTool ? { onTool } : {}) };
}

/** Starts the programs and connects each with the next. */
function startBranch(
  branch: Branch,
  { signal, clock }: { signal: AbortSignal; clock: Clock },
): RunningBranch {
  const ownSignal = AbortSignal.any([signal, branch.signal]);
  const options = { signal: ownSignal, clock, ...listeners(branch) };
  const tools = branch.programs.map((command) => startTool(command, options));
  tools.at(-1)?.child.stdout?.resume();
  const input = tools[0]?.child.stdin ?? null;
  const joints: Promise<void>[] = input ? [finished(input, { readable: false })] : [];
  for (const [i, { child }] of tools.slice(1).entries()) {
    const from = tools[i]?.child.stdout;
    if (from && child.stdin) joints.push(connect(from, child.stdin));
  }
  const hungUp = Promise.allSettled(joints).then(
    (results) => new Set(results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))),
  );
  return { of: branch, tools, signal: ownSignal, input, hungUp };
}

/** One output of the source, and all that read from it. */
interface Feed {
  readonly branches: readonly RunningBranch[];
  readonly counter: FrameCounter;
  readonly broken: Promise<GridError | undefined>;
}

interface FeedInput {
  readonly chain: FilterChain;
  /** All that read from the source. */
  readonly branches: readonly RunningBranch[];
  onFrame(frames: number): void;
}

/** Counts the frames of one output and gives them to those whose filters it went through. */
function openFeed(output: Readable, { chain, branches, onFrame }: FeedInput): Feed {
  const own = branches.filter(({ of: { filters = [] } }) => isSameChain(filters, chain));
  const counter: FrameCounter = new FrameCounter((frames) => {
    onFrame(frames);
    for (const { of: branch } of own)
      if (!branch.signal.aborted) branch.onFrame(frames, counter.header ?? '');
  });
  const inputs = own.flatMap(({ input }) => input ?? []);
  const isRead = (): boolean => branches.some(({ input }) => input?.writable === true);
  return { branches: own, counter, broken: giveFrames({ output, counter, inputs, isRead }) };
}

interface Running {
  readonly source: RunningTool;
  readonly feeds: readonly Feed[];
  readonly branches: readonly RunningBranch[];
  readonly signal: AbortSignal;
}

/** How one branch ended; throws the cause where it was not well. */
async function endOf(branch: RunningBranch, { source, feeds, branches, signal }: Running): Promise<Fed> {
  const feed = feeds.find((one) => one.branches.includes(branch));
  assert(feed !== undefined, 'each branch reads from an output');
  const { counter } = feed;
  const exits = await Promise.all(branch.tools.map((tool) => tool.done));
  const hungUp = await branch.hungUp;
  throwIfAborted(branch.signal);
  const others = branches.some((other) => other !== branch && other.input?.writable === true);
  const ended = hungUp.has(0) && others ? undefined : await source.done;
  const error = ended && (await feed.broken);
  throwIfAborted(signal);
  judge(source, branch.tools, { exits: [ended, ...exits], counter, error, hungUp });
  return { frames: counter.frames, rate: y4mFrameRate(counter.header ?? '') };
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
