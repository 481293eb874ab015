import { treeOf, type ProcessTimes } from '../process-times.ts';
import type { CpuTimes } from './proc.ts';

/** What was computed until one moment, in clock ticks. */
interface Sample {
  readonly cpu: CpuTimes;
  readonly own: number;
}

/**
 * The share of all processors that others than this agent and its tools used between two looks. Pure: what /proc says is
 * given.
 */
export class OthersLoad {
  readonly #root: number;
  #last: Sample | undefined;

  /** `root`: the agent's process. */
  constructor(root: number) {
    this.#root = root;
  }

  /** 0 to 1; undefined at the first look, and where the system does not tell. */
  look(cpu: CpuTimes, all: readonly ProcessTimes[]): number | undefined {
    const own = treeOf(this.#root, all).reduce((sum, one) => sum + one.ticks + one.reapedTicks, 0);
    const last = this.#last;
    this.#last = { cpu, own };
    const ticks = last ? cpu.total - last.cpu.total : 0;
    if (last === undefined || ticks <= 0) return undefined;
    // What ends without its parent seeing it takes its time along.
    const ownTicks = Math.max(0, own - last.own);
    return Math.min(1, Math.max(0, (cpu.busy - last.cpu.busy - ownTicks) / ticks));
  }
}

/** A name as /proc/PID/stat has it. */
const MAX_NAME_BYTES = 15;

/** Of these names the first that a program of others has; case does not matter. */
export function runningProgram(
  names: readonly string[],
  { root, all }: { readonly root: number; readonly all: readonly ProcessTimes[] },
): string | undefined {
  if (names.length === 0) return undefined;
  const own = new Set(treeOf(root, all).map((one) => one.pid));
  const running = new Set(
    all.filter((one) => !own.has(one.pid) && one.state !== 'Z').map((one) => one.name.toLowerCase()),
  );
  return names.find((name) => running.has(Buffer.from(name).subarray(0, MAX_NAME_BYTES).toString()));
}
