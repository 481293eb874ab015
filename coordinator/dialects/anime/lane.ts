import type { Clock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/logger.ts';

const AGAIN_MS = 2_000;

export interface LaneOptions {
  /** How many create calls are worked on at once. */
  readonly workers: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly work: (taskId: string, signal: AbortSignal) => Promise<void>;
}

/** Create calls that something is to be done for, each by one worker at a time. What fails is tried again soon. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #stop = new AbortController();
  readonly #queue = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #sleeping = new Set<() => void>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = Promise.all(Array.from({ length: this.#options.workers }, () => this.#run()));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  /** Works on the create call soon. */
  add(taskId: string): void {
    this.#queue.add(taskId);
    this.#wake();
  }

  async #run(): Promise<void> {
    const { clock, logger, work } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const taskId = this.#next();
      if (taskId === undefined) {
        await new Promise<void>((resolve) => this.#sleeping.add(resolve));
        continue;
      }
      this.#queue.delete(taskId);
      this.#busy.add(taskId);
      try {
        await work(taskId, signal);
      } catch (error) {
        logger.warn({ task: taskId, error: String(error) }, 'an anime job is tried again');
        clock.after(AGAIN_MS, () => this.add(taskId));
      } finally {
        this.#busy.delete(taskId);
        this.#wake();
      }
    }
  }

  /** The one that waits longest; after a restart there may be very many, so no copy is made of them. */
  #next(): string | undefined {
    for (const taskId of this.#queue) if (!this.#busy.has(taskId)) return taskId;
    return undefined;
  }

  #wake(): void {
    for (const wake of this.#sleeping) wake();
    this.#sleeping.clear();
  }
}
