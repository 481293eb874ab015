import type { Service } from '../../../shared/service.ts';
import { advance } from './advance.ts';
import { tellCatalogue } from './catalogue.ts';
import type { Context } from './context.ts';

const WORKERS = 4;
const AGAIN_MS = 2_000;
/** How often the database is asked what became due: a callback, a source that somebody left, a copy to be removed. */
const SWEEP_MS = 2_000;
const MAX_FOREIGN = 10_000;
const ENDS = new Set(['succeeded', 'failed', 'cancelled']);

/**
 * Moves create calls on. It follows the grid's events and looks at all open ones at the start, so that a kill at any point
 * only delays. Every coordinator runs one: each step is a transaction under the row's lock that looks at the stage first.
 */
export class Driver implements Service {
  readonly name = 'anime driver';
  readonly #context: Context;
  readonly #stop = new AbortController();
  readonly #queue = new Set<string>();
  /** In work now: one at a time of each. */
  readonly #busy = new Set<string>();
  /** Jobs of others, so that each is looked up once. */
  readonly #foreign = new Set<string>();
  readonly #sleeping = new Set<() => void>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(context: Context) {
    this.#context = context;
  }

  async start(): Promise<void> {
    await this.#context.parts.objects.ensureBucket(this.#context.settings.bucket);
    const workers = Array.from({ length: WORKERS }, () => this.#work());
    this.#running = Promise.all([this.#follow(), this.#sweep(), ...workers]);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  /** Looks at the create call soon. */
  add(taskId: string): void {
    this.#queue.add(taskId);
    this.#wake();
  }

  async #follow(): Promise<void> {
    const { parts, store } = this.#context;
    const { signal } = this.#stop;
    let afterSequence: number | undefined;
    while (!signal.aborted) {
      try {
        if (afterSequence === undefined) {
          const head = await parts.grid.events.head();
          for (const taskId of await store.open()) this.add(taskId);
          afterSequence = head;
        }
        for await (const event of parts.grid.events.watch({ afterSequence }, signal)) {
          afterSequence = event.sequence;
          const { type, jobId, data } = event;
          const ended = type === 'job.removed' || (type === 'job.state' && ENDS.has(String(data['state'])));
          if (ended && jobId !== undefined) await this.#see(jobId);
        }
      } catch (error) {
        parts.logger.warn({ error: String(error) }, 'anime jobs go on later: events cannot be read');
        // What was missed is found by looking at all.
        afterSequence = undefined;
        await parts.clock.sleep(AGAIN_MS, signal);
      }
    }
  }

  async #see(jobId: string): Promise<void> {
    if (this.#foreign.has(jobId)) return;
    const taskId = await this.#context.store.ofGridJob(jobId);
    if (taskId !== undefined) return this.add(taskId);
    if (this.#foreign.size >= MAX_FOREIGN) this.#foreign.clear();
    this.#foreign.add(jobId);
  }

  async #work(): Promise<void> {
    const { parts } = this.#context;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const taskId = [...this.#queue].find((one) => !this.#busy.has(one));
      if (taskId === undefined) {
        await new Promise<void>((resolve) => this.#sleeping.add(resolve));
        continue;
      }
      this.#queue.delete(taskId);
      this.#busy.add(taskId);
      try {
        await advance(this.#context, taskId, signal);
      } catch (error) {
        parts.logger.warn({ task: taskId, error: String(error) }, 'an anime job is tried again');
        parts.clock.after(AGAIN_MS, () => this.add(taskId));
      } finally {
        this.#busy.delete(taskId);
        this.#wake();
      }
    }
  }

  #wake(): void {
    for (const wake of this.#sleeping) wake();
    this.#sleeping.clear();
  }

  async #sweep(): Promise<void> {
    const { parts, store } = this.#context;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        for (const taskId of await store.unclaimed()) this.add(taskId);
        await tellCatalogue(this.#context);
        await this.#removeSources();
      } catch (error) {
        parts.logger.warn({ error: String(error) }, 'anime jobs are looked through later');
      }
      await parts.clock.sleep(SWEEP_MS, signal);
    }
  }

  async #removeSources(): Promise<void> {
    const { parts, store, settings } = this.#context;
    for (const { taskId, source } of await store.withLeftSource(settings.bucket)) {
      await parts.objects.remove([source]);
      await store.forgetSource(taskId);
    }
  }
}
