import type { Clock } from '../../shared/clock.ts';
import { startTool, throwIfAborted, type RunningTool, type ToolExit } from '../subprocess.ts';
import { listeners, startBranch, type Branch, type RunningBranch } from './branch.ts';
import { ProgressReader } from './ffmpeg-progress.ts';
import type { FramePace } from './frame-pace.ts';
import type { FramePipe } from './frame-pipes.ts';
import type { TellingSource } from './frame-source.ts';
import { judge } from './pipeline-blame.ts';
import type { Branching, Fed, SourceInput } from './pipeline.ts';
import { watchPipeline } from './watch-pipeline.ts';

export interface DirectInput extends SourceInput {
  readonly source: TellingSource;
  readonly branches: readonly Branch[];
  /** One for each branch. */
  readonly pipes: readonly FramePipe[];
}

/** A program that ended well may have seen its source's end before it was seen here. */
const SOURCE_ENDS_MS = 10_000;

/**
 * The same as `startBranches` for a source that tells of its frames: each branch reads from the source itself, and no frame goes
 * through this process. Who ends too early is not seen by its pipe: after its exit the pipe is emptied here.
 */
export function startDirectBranches(input: DirectInput): Branching {
  const { clock, pipes } = input;
  const { signal, pace, start } = watchPipeline(input);
  const unread = new AbortController();
  const program = input.source.program(input.branches.map(({ filters = [] }) => filters));
  const source = startTool(program, {
    signal: AbortSignal.any([signal, unread.signal]),
    clock,
    outputs: [...pipes.map(({ write }) => write), 'pipe'],
    ...listeners(input),
  });
  source.child.stdin?.end();
  const branches = input.branches.map((branch, i) => {
    const { read: stdin } = pipes[i] ?? {};
    return startBranch(branch, { signal, clock, ...(stdin === undefined ? {} : { stdin }) });
  });
  for (const pipe of pipes) pipe.passed();
  const counter = countTold(source, input, pace);
  const watch = start([source, ...branches.flatMap((branch) => branch.tools)]);
  const running = { source, counter, rate: input.source.rate, clock, signal };
  branches.forEach(({ tools: [reader] }, i) => void reader?.done.then(() => pipes[i]?.drain()));
  const fed = branches.map((branch) => endOf(branch, running));
  const over = Promise.allSettled(fed).then(async () => {
    // Frames that nobody reads are not worth making.
    unread.abort();
    await source.done;
    watch.abort();
  });
  return { fed, over };
}

interface Told {
  frames: number;
  readonly cutShort: false;
}

/** Counts what the source says that it has written. */
function countTold(
  source: RunningTool,
  { branches, source: { rate }, clock }: DirectInput,
  pace: FramePace,
): Told {
  const told: Told = { frames: 0, cutShort: false };
  const header = `YUV4MPEG2 F${rate.num}:${rate.den}`;
  const reader = new ProgressReader(({ frames = 0 }) => {
    if (frames <= told.frames) return;
    told.frames = frames;
    pace.frame(frames, clock.monotonicMs());
    for (const branch of branches) if (!branch.signal.aborted) branch.onFrame(frames, header);
  });
  const [progress] = source.outputs;
  progress?.on('data', (chunk: Buffer) => reader.push(chunk));
  void source.done.then(() => pace.sourceEnded(clock.monotonicMs()));
  return told;
}

interface Running extends Pick<TellingSource, 'rate'> {
  readonly source: RunningTool;
  readonly counter: Told;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** How one branch ended; throws the cause where it was not well. */
async function endOf(branch: RunningBranch, { source, counter, rate, clock, signal }: Running): Promise<Fed> {
  const exits = await Promise.all(branch.tools.map((tool) => tool.done));
  const hungUp = await branch.hungUp;
  throwIfAborted(branch.signal);
  const isWell = exits.every(({ code }) => code === 0);
  const ended = await endWithin(isWell ? SOURCE_ENDS_MS : 0, source, clock);
  throwIfAborted(signal);
  judge(source, branch.tools, { exits: [ended, ...exits], counter, error: undefined, hungUp });
  return { frames: counter.frames, rate };
}

/** How the source ended; undefined: it goes on. */
async function endWithin(ms: number, source: RunningTool, clock: Clock): Promise<ToolExit | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = clock.after(ms, () => late.resolve(undefined));
  try {
    return await Promise.race([source.done, late.promise]);
  } finally {
    timer.cancel();
  }
}
