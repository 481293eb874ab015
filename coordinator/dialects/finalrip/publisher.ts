import { GridError } from '../../../shared/errors.ts';
import type { Service } from '../../../shared/service.ts';
import type { Artifact } from '../../domain/task.ts';
import type { GridEvent } from '../../grid/face.ts';
import type { Context } from './context.ts';
import { encodedClipKey, resultKey } from './names.ts';
import type { TaskRow } from './store.ts';
import { segmentOf } from './views.ts';

/** A job whose outputs may lack their public names; with `taskId` only that clip. */
interface Item {
  readonly jobId: string;
  readonly taskId?: string;
}

const WORKERS = 3;
const AGAIN_MS = 2_000;
const MAX_FOREIGN = 10_000;

/**
 * Gives committed segments and results their public names in the owner's bucket, after the commit. It follows the grid's
 * events and looks at every job once at the start, so that a kill at any point only delays a name. Every coordinator runs
 * one: the name's lock and the row make the second copy needless.
 */
export class Publisher implements Service {
  readonly name = 'FinalRip publisher';
  readonly #context: Context;
  readonly #stop = new AbortController();
  readonly #queue = new Map<string, Item>();
  /** Jobs of other dialects, so that each is looked up once. */
  readonly #foreign = new Set<string>();
  readonly #sleeping = new Set<() => void>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(context: Context) {
    this.#context = context;
  }

  start(): Promise<void> {
    const workers = Array.from({ length: WORKERS }, () => this.#work());
    this.#running = Promise.all([this.#follow(), ...workers]);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { parts, store } = this.#context;
    const { signal } = this.#stop;
    let afterSequence: number | undefined;
    while (!signal.aborted) {
      try {
        if (afterSequence === undefined) {
          const head = await parts.grid.events.head();
          for (const jobId of await store.jobIds()) this.#add({ jobId });
          afterSequence = head;
        }
        for await (const event of parts.grid.events.watch({ afterSequence }, signal)) {
          afterSequence = event.sequence;
          this.#see(event);
        }
      } catch (error) {
        parts.logger.warn(
          { error: String(error) },
          'FinalRip names are published later: events cannot be read',
        );
        await parts.clock.sleep(AGAIN_MS, signal);
      }
    }
  }

  #see({ type, jobId, taskId, data }: GridEvent): void {
    if (jobId === undefined || this.#foreign.has(jobId)) return;
    if (type === 'task.succeeded' && data['kind'] === 'encode' && taskId) this.#add({ jobId, taskId });
    if (type === 'job.state' && data['state'] === 'succeeded') this.#add({ jobId });
  }

  #add(item: Item): void {
    this.#queue.set(item.taskId ?? item.jobId, item);
    this.#wake();
  }

  async #work(): Promise<void> {
    const { parts } = this.#context;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const [next] = this.#queue;
      if (next === undefined) {
        await this.#idle();
        continue;
      }
      const [name, item] = next;
      this.#queue.delete(name);
      try {
        await this.#publish(item);
      } catch (error) {
        parts.logger.warn({ job: item.jobId, error: String(error) }, 'publishing is tried again');
        await parts.clock.sleep(AGAIN_MS, signal);
        this.#add(item);
      }
    }
  }

  #wake(): void {
    for (const wake of this.#sleeping) wake();
    this.#sleeping.clear();
  }

  /** Until something is added. */
  async #idle(): Promise<void> {
    if (!this.#stop.signal.aborted) await new Promise<void>((resolve) => this.#sleeping.add(resolve));
  }

  async #publish({ jobId, taskId }: Item): Promise<void> {
    const row = await this.#context.store.byJob(jobId);
    if (row === undefined) {
      if (this.#foreign.size >= MAX_FOREIGN) this.#foreign.clear();
      this.#foreign.add(jobId);
      return;
    }
    if (taskId !== undefined) return this.#clip(row, taskId);
    // Clips first: a task that shows as completed has all of its clips.
    const tasks = await this.#unlessGone(this.#context.parts.grid.jobs.tasks(jobId));
    const published = await this.#context.store.published(row.task_id);
    for (const task of tasks ?? []) {
      const name = encodedClipKey(row.video_key, task.clipIndex ?? 0);
      const segment = segmentOf(task);
      if (segment && published.get(name) !== segment.sha256) await this.#clip(row, task.taskId);
    }
    await this.#output(row, resultKey(row.video_key), async () => {
      const job = await this.#unlessGone(this.#context.parts.grid.jobs.get(jobId));
      return job?.state === 'succeeded' ? job.result : undefined;
    });
  }

  async #clip(row: TaskRow, taskId: string): Promise<void> {
    const read = async () => this.#unlessGone(this.#context.parts.grid.jobs.task(taskId));
    const task = await read();
    if (task?.clipIndex === undefined) return;
    await this.#output(row, encodedClipKey(row.video_key, task.clipIndex), async () => {
      const now = await read();
      return now && segmentOf(now);
    });
  }

  /** Copies what is committed until it is what is committed: a retry may come in between. */
  async #output(row: TaskRow, key: string, committed: () => Promise<Artifact | undefined>): Promise<void> {
    let artifact = await committed();
    while (artifact !== undefined) {
      const done = artifact;
      await this.#copy(row, key, done);
      artifact = await committed();
      if (artifact?.sha256 === done.sha256) return;
    }
  }

  async #copy(row: TaskRow, key: string, artifact: Artifact): Promise<void> {
    const { guard, store, parts, buckets } = this.#context;
    const bucket = await buckets.of(row.owner_id);
    await guard.run(row.owner_id, row.video_key, async (tx) => {
      const now = await store.find(row.owner_id, row.video_key, tx);
      // Cleared, or started again: these bytes belong to nobody.
      if (now?.job_id !== row.job_id) return;
      if ((await store.publishedAs(tx, row.task_id, key)) === artifact.sha256) return;
      await parts.objects.copy(artifact, { bucket, key });
      await store.setPublished(tx, { taskId: row.task_id, key, sha256: artifact.sha256 });
    });
  }

  /** Undefined for what was removed meanwhile. */
  async #unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
    try {
      return await reading;
    } catch (error) {
      if (error instanceof GridError && error.code === 'not_found') return undefined;
      throw error;
    }
  }
}
