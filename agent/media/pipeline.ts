import type { Readable } from 'node:stream';
import type { Clock } from '../../shared/clock.ts';
import { assert, type GridError } from '../../shared/errors.ts';
import type { Rational } from '../../shared/gen/clipgrid/v1/task.ts';
import {
  startTool,
  throwIfAborted,
  type RunningTool,
  type ToolCommand,
  type ToolExit,
} from '../subprocess.ts';
import { listeners, startBranch, type Branch, type RunningBranch } from './branch.ts';
import { distinctChains, isSameChain, type FilterChain } from './filter-graph.ts';
import { FrameCounter, y4mFrameRate } from './frame-counter.ts';
import { giveFrames } from './frame-feed.ts';
import type { FrameProgram } from './frame-source.ts';
import { judge } from './pipeline-blame.ts';
import { watchPipeline, type HangLimits } from './watch-pipeline.ts';

/** Of a pipeline, whatever reads from its source. */
export interface SourceInput {
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

/** What the programs were given. */
export interface Fed {
  readonly frames: number;
  readonly rate: Rational;
}

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
  const { signal, pace, start } = watchPipeline(input);
  const chains = distinctChains(input.branches.map(({ filters = [] }) => filters));
  const options = { signal, clock, outputs: chains.map(() => 'pipe' as const), ...listeners(input) };
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
  const watch = start([source, ...branches.flatMap((branch) => branch.tools)]);
  const fed = branches.map((branch) => endOf(branch, { source, feeds, branches, signal }));
  const over = Promise.allSettled(fed)
    .then(() => source.done)
    .then(() => watch.abort());
  return { fed, over };
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
