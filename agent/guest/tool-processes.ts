import { treeOf, type ProcessTimes } from '../process-times.ts';

export interface ToolProcessesOptions {
  /** The agent's own process: what it started, and what that started, are its tools. */
  readonly root: number;
  read(): readonly ProcessTimes[];
  /** Throws when the process is gone. */
  kill(pid: number, signal: NodeJS.Signals): void;
}

/** A tool may start others while it is being stopped. */
const ROUNDS = 5;

/**
 * Programs that work for tasks, in whichever process group or namespace they are. Helpers of the agent itself are in its own
 * process group and are left alone.
 */
export class ToolProcesses {
  readonly #options: ToolProcessesOptions;

  constructor(options: ToolProcessesOptions) {
    this.#options = options;
  }

  #tools(): ProcessTimes[] {
    const { root, read } = this.#options;
    const [agent, ...others] = treeOf(root, read());
    return others.filter((one) => one.group !== agent?.group && one.state !== 'Z');
  }

  #signal(pid: number, signal: NodeJS.Signals): void {
    try {
      this.#options.kill(pid, signal);
    } catch {
      // It has ended.
    }
  }

  /** Stops all of them. Said again it stops those that were started since. Tells how many it stopped. */
  stop(): number {
    const stopped = new Set<number>();
    for (let round = 0; round < ROUNDS; round++) {
      // From the top down: a stopped parent starts no more.
      const fresh = this.#tools().filter((one) => one.state !== 'T' && !stopped.has(one.pid));
      if (fresh.length === 0) break;
      for (const { pid } of fresh) {
        stopped.add(pid);
        this.#signal(pid, 'SIGSTOP');
      }
    }
    return stopped.size;
  }

  /** Lets all of them go on, also those that have not come to their stop: one that waits for a disk stops later, for ever. */
  resume(): void {
    // From the bottom up: nobody waits for a child that still stands.
    for (const { pid } of this.#tools().toReversed()) this.#signal(pid, 'SIGCONT');
  }
}
