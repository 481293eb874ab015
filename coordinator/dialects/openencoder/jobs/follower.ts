import { GridError, toGridError } from '../../../../shared/errors.ts';
import type { Service } from '../../../../shared/service.ts';
import type { Context } from '../context.ts';
import { removeEnded, showEnded } from './ended-jobs.ts';
import type { JobRow } from './job-store.ts';
import { publish, removeLost } from './publish.ts';
import { OWNER } from './notices.ts';
import { observe } from './observe.ts';
import { stage } from './stage.ts';
import { Step, Superseded } from './step.ts';
import type { WorkStore } from './work-store.ts';

/** However often it is woken: a client that sends many jobs must not keep the database busy with looks. */
const LEAST_MS = 50;
/** How often it looks while jobs are active, and while none is. */
const BUSY_MS = 400;
const IDLE_MS = 1_000;
const TIDY_MS = 5_000;
const LEAVE_TIDYING_MS = 2_000;
const GARBAGE_BATCH = 100;
/** Of what moves bytes; the rest waits. */
const MAX_STEPS = 8;
const ATTEMPTS = 3;
const AGAIN_MS = 2_000;
const MAX_LOG_CHARS = 8 * 1024;

interface Running {
  readonly done: Promise<void>;
}

/**
 * Makes jobs go on: copies sources, gives jobs to the grid, tells what became of them, publishes results. Every coordinator
 * runs one; a step belongs to whoever claimed it, and every change holds only for the revision that it was made for.
 */
export class Follower implements Service {
  readonly name = 'Open Encoder jobs';
  readonly #context: Context;
  readonly #work: WorkStore;
  readonly #bucket: string;
  readonly #stop = new AbortController();
  readonly #steps = new Map<number, Running>();
  #wakeUp: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #tidying: Promise<void> = Promise.resolve();
  #isTidying = false;
  #tidiedMs = Number.NEGATIVE_INFINITY;

  /** `bucket`: where copies of sources lie in the grid's store. */
  constructor(context: Context, { work, bucket }: { work: WorkStore; bucket: string }) {
    this.#context = context;
    this.#work = work;
    this.#bucket = bucket;
  }

  async start(): Promise<void> {
    await this.#context.parts.objects.ensureBucket(this.#bucket);
    this.#context.lifecycle.onChange(() => this.#wakeUp());
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    // It may wait for a store that is away.
    await Promise.race([this.#tidying, this.#context.parts.clock.sleep(LEAVE_TIDYING_MS)]);
    await Promise.all([...this.#steps.values()].map(({ done }) => done));
    await this.#work.releaseAll().catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#context.parts;
    while (!this.#stop.signal.aborted) {
      await clock.sleep(LEAST_MS, this.#stop.signal);
      const woken = new AbortController();
      this.#wakeUp = () => woken.abort();
      const isBusy = await this.#tick().catch((error: unknown) => {
        logger.warn({ error: String(error) }, 'Open Encoder jobs are looked at again later');
        return false;
      });
      const signal = AbortSignal.any([woken.signal, this.#stop.signal]);
      await clock.sleep(isBusy ? BUSY_MS : IDLE_MS, signal);
    }
  }

  async #tick(): Promise<boolean> {
    const active = await this.#work.active();
    for (const row of active) await this.#lookAt(row);
    await this.#admit(active.length);
    this.#tidySometimes();
    return active.length > 0;
  }

  /** One job that cannot be looked at holds up no other. */
  async #lookAt(row: JobRow): Promise<void> {
    try {
      await this.#look(row);
    } catch (error) {
      const { code, message } = toGridError(error);
      if (code === 'unprocessable') return this.#fail(row, { message, log: '' });
      const fields = { job: row.job_id, error: message };
      this.#context.parts.logger.warn(fields, 'an Open Encoder job is looked at again later');
    }
  }

  /** Beside everything else: it waits for stores that may be away. */
  #tidySometimes(): void {
    const { clock, logger } = this.#context.parts;
    const nowMs = clock.monotonicMs();
    if (this.#isTidying || nowMs - this.#tidiedMs < TIDY_MS) return;
    this.#tidiedMs = nowMs;
    this.#isTidying = true;
    this.#tidying = this.#tidy()
      .catch((error: unknown) => logger.warn({ error: String(error) }, 'what jobs left is removed later'))
      .finally(() => (this.#isTidying = false));
  }

  /** As many jobs at once as agents have slots: what waits longer is told as queued. */
  async #admit(active: number): Promise<void> {
    if (!(await this.#work.anyWaits())) return;
    const agents = await this.#context.parts.grid.agents.list();
    const slots = agents.reduce((sum, { state, slots: more }) => sum + (state === 'online' ? more : 0), 0);
    for (let free = slots - active; free > 0 && this.#steps.size < MAX_STEPS; free--) {
      const row = await this.#work.claimNext();
      if (row === undefined) return;
      this.#begin(row);
    }
  }

  async #look(row: JobRow): Promise<void> {
    if (this.#steps.has(row.job_id)) return;
    const isAtGrid = row.grid_job_id !== null && row.status !== 'uploading';
    if (isAtGrid) return this.#observe(row, row.grid_job_id ?? '');
    // Its result is not there yet while the agent still uploads it.
    if (row.grid_job_id !== null && !(await this.#isReady(row, row.grid_job_id))) return;
    if (this.#steps.size >= MAX_STEPS) return;
    const mine = await this.#work.claim(row);
    if (mine !== undefined) this.#begin(mine);
  }

  async #isReady(row: JobRow, gridJobId: string): Promise<boolean> {
    const job = await this.#jobOf(row, gridJobId);
    if (job === undefined) return false;
    if (job.state === 'failed' || job.state === 'cancelled') await this.#observe(row, gridJobId);
    return job.state === 'succeeded';
  }

  async #jobOf(row: JobRow, gridJobId: string) {
    try {
      return await this.#context.parts.grid.jobs.get(gridJobId, OWNER);
    } catch (error) {
      if (!(error instanceof GridError) || error.code !== 'not_found') throw error;
      // Cancelled and completed jobs name none: somebody else removed it, unless the row has changed since it was read.
      await this.#fail(row, { message: 'its job was removed by another API: restart it', log: '' });
      return undefined;
    }
  }

  async #observe(row: JobRow, gridJobId: string): Promise<void> {
    const job = await this.#jobOf(row, gridJobId);
    if (job === undefined) return;
    const failure = await observe(this.#context, this.#work, { row, job });
    if (failure !== undefined) await this.#fail(row, failure);
  }

  #begin(row: JobRow): void {
    const { clock, logger } = this.#context.parts;
    const { signal } = this.#stop;
    const step = new Step(row, { work: this.#work, clock, signal });
    const done = step
      .run(() => this.#attempt(row, step))
      .catch(async (error: unknown) => {
        if (error instanceof Superseded) return;
        const { message } = toGridError(error);
        logger.warn({ job: row.job_id, error: message }, 'an Open Encoder job failed');
        await this.#fail(row, { message, log: '' });
      })
      .catch((error: unknown) => logger.warn({ error: String(error) }, 'a step is taken up again later'))
      .finally(() => {
        this.#steps.delete(row.job_id);
        this.#wakeUp();
      });
    this.#steps.set(row.job_id, { done });
  }

  /** A store that is away gets some more tries, one that refuses none. */
  async #attempt(row: JobRow, step: Step): Promise<void> {
    const { clock } = this.#context.parts;
    for (let attempt = 1; ; attempt++) {
      try {
        if (row.status === 'uploading') return await publish(this.#context, this.#work, { row, step });
        return await stage(this.#context, { work: this.#work, bucket: this.#bucket }, { row, step });
      } catch (error) {
        step.check();
        const isPassing = toGridError(error).retryable && !(error instanceof Superseded);
        if (!isPassing || attempt === ATTEMPTS) throw error;
        await clock.sleep(AGAIN_MS * attempt, this.#stop.signal);
      }
    }
  }

  /** The end of a revision that cannot go on. */
  async #fail(row: JobRow, { message, log }: { message: string; log: string }): Promise<void> {
    const { parts, notices } = this.#context;
    const tell = await notices.of(row, message);
    // Nobody of ours asks for it any more: what is to be said of it is in the row, and a restart encodes anew.
    const left = row.grid_job_id;
    await parts.db.transaction().execute(async (tx) => {
      const changes = {
        ...(left === null ? {} : { grid_job_id: null }),
        status: 'error',
        speed: null,
        fps: 0,
        eta_s: null,
        error: message,
        error_log: log.slice(-MAX_LOG_CHARS),
        claimed_by: null,
      } as const;
      if (!(await this.#work.set(row, changes, tx))) return;
      await tell(tx);
      if (left !== null) await showEnded(row.job_id, left, tx);
    });
  }

  /** Removes copies of sources, and outputs of revisions that did not come to their end. */
  async #tidy(): Promise<void> {
    const { parts } = this.#context;
    await this.#work.dropStaged();
    await removeEnded(parts, GARBAGE_BATCH);
    const keys = await this.#work.garbage(GARBAGE_BATCH);
    if (keys.length > 0) {
      await parts.objects.remove(keys.map((key) => ({ bucket: this.#bucket, key })));
      await this.#work.forgetGarbage(keys);
    }
    await removeLost(this.#context, { work: this.#work, limit: GARBAGE_BATCH });
  }
}
