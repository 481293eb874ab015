import type { Service } from '../../../shared/service.ts';
import { advance } from './advance.ts';
import { bringSource } from './bring-source.ts';
import { tellCatalogue } from './catalogue.ts';
import type { Context } from './context.ts';
import { Lane } from './lane.ts';
import { removeIndexes, removeSources } from './tidy.ts';

/** Of each kind of work at once. */
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
  readonly #steps: Lane;
  /** Fetches may take hours: nothing else waits behind them. */
  readonly #sources: Readonly<Record<'copy' | 'fetch', Lane>>;
  /** A job was removed, or may have been while nobody looked. */
  #isRemovalSeen = true;
  /** Jobs of others, so that each is looked up once. */
  readonly #foreign = new Set<string>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(context: Context) {
    this.#context = context;
    const { clock, logger } = context.parts;
    const lane = (work: (taskId: string, signal: AbortSignal) => Promise<void>): Lane =>
      new Lane({ workers: WORKERS, clock, logger, work });
    const bring = (taskId: string, signal: AbortSignal): Promise<void> =>
      bringSource(context, taskId, signal);
    this.#steps = lane((taskId) => advance(context, taskId));
    this.#sources = { copy: lane(bring), fetch: lane(bring) };
  }

  get #lanes(): readonly Lane[] {
    return [this.#steps, this.#sources.copy, this.#sources.fetch];
  }

  async start(): Promise<void> {
    await this.#context.parts.objects.ensureBucket(this.#context.settings.bucket);
    for (const lane of this.#lanes) lane.start();
    this.#running = Promise.all([this.#follow(), this.#sweep()]);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#running, ...this.#lanes.map((lane) => lane.stop())]);
  }

  /** Looks at the create call soon. */
  add(taskId: string): void {
    this.#steps.add(taskId);
  }

  /** Brings its source soon, unless another coordinator does. */
  bring(taskId: string, how: 'copy' | 'fetch'): void {
    this.#sources[how].add(taskId);
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
          if (type === 'job.removed') this.#isRemovalSeen = true;
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

  async #sweep(): Promise<void> {
    const { parts, store } = this.#context;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        for (const taskId of await store.unclaimed()) this.add(taskId);
        for (const taskId of await store.withLostRendition()) this.add(taskId);
        await tellCatalogue(this.#context);
        await removeSources(this.#context);
        if (this.#isRemovalSeen) await this.#removeIndexes();
      } catch (error) {
        parts.logger.warn({ error: String(error) }, 'anime jobs are looked through later');
      }
      await parts.clock.sleep(SWEEP_MS, signal);
    }
  }

  async #removeIndexes(): Promise<void> {
    this.#isRemovalSeen = false;
    await removeIndexes(this.#context);
  }
}
