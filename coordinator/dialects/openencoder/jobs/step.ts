import { Transform, type Readable } from 'node:stream';
import type { Clock } from '../../../../shared/clock.ts';
import { GridError } from '../../../../shared/errors.ts';
import { percent } from './derive.ts';
import type { Claim, WorkStore } from './work-store.ts';

const RENEW_MS = 1_000;
/** How long work may go on that was told that it is over: it removes what it wrote. */
const LEAVE_MS = 10_000;
/** A store that took or gave nothing for so long is dead, whatever its connection says. */
const STALLED_MS = 10 * 60_000;

/** The job is no longer ours to work on: it was cancelled, or another coordinator has it. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

interface StepDeps {
  readonly work: WorkStore;
  readonly clock: Clock;
  /** Aborted: the coordinator stops. */
  readonly signal: AbortSignal;
}

/** A claimed step that moves bytes: keeps the claim, tells the progress, and ends as soon as the job is not ours any more. */
export class Step {
  readonly row: Claim;
  readonly #deps: StepDeps;
  readonly #over = new AbortController();
  /** Why it is over. */
  #why: Error = new Superseded();
  #bytes = 0;
  #total = 0;

  constructor(row: Claim, deps: StepDeps) {
    this.row = row;
    this.#deps = deps;
  }

  /** Of all that is to be moved. */
  set totalBytes(bytes: number) {
    this.#total = bytes;
  }

  /**
   * Runs the work beside the heartbeat of the claim. Throws `Superseded` when the claim is lost, also when the work then does
   * not end, and `timeout` when no byte moves any more.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const done = new AbortController();
    const beat = this.#beat(done.signal);
    try {
      const result = await Promise.race([work(), this.#left(done.signal)]);
      this.check();
      return result;
    } catch (error) {
      this.check();
      throw error;
    } finally {
      done.abort();
      await beat;
    }
  }

  /** Whether the job is not ours any more. */
  get isOver(): boolean {
    return this.#over.signal.aborted || this.#deps.signal.aborted;
  }

  /** Throws when the job is not ours any more. */
  check(): void {
    if (this.isOver) throw this.#why;
  }

  /** The same bytes, counted; the stream breaks when the job is not ours any more. */
  counted(source: Readable): Readable {
    const count = new Transform({
      transform: (chunk: Buffer, _, next) => {
        this.#bytes += chunk.length;
        next(null, chunk);
      },
    });
    // It may end before anybody reads it, and so before anybody listens: that must not end the process.
    count.on('error', () => undefined);
    const end = (): void => void count.destroy(new GridError('cancelled', 'the job is over'));
    this.#over.signal.addEventListener('abort', end, { once: true });
    source.on('error', (error: Error) => count.destroy(error));
    count.on('close', () => {
      this.#over.signal.removeEventListener('abort', end);
      source.destroy();
    });
    if (this.#over.signal.aborted) end();
    return source.pipe(count);
  }

  /** Rejects some time after it was over: the work should have ended by itself then. */
  async #left(done: AbortSignal): Promise<never> {
    const { clock } = this.#deps;
    const over = this.#over.signal;
    if (!over.aborted)
      await new Promise<unknown>((resolve) => over.addEventListener('abort', resolve, { once: true }));
    await clock.sleep(LEAVE_MS, done);
    throw this.#why;
  }

  async #beat(done: AbortSignal): Promise<void> {
    const { work, clock, signal } = this.#deps;
    const stop = (): void => this.#over.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    let moved = { bytes: 0, atMs: clock.monotonicMs() };
    while (!done.aborted && !this.#over.signal.aborted) {
      await clock.sleep(RENEW_MS, AbortSignal.any([done, this.#over.signal]));
      if (done.aborted) break;
      // A database that is away for a moment takes nothing from us: the claim's own time decides.
      const isOurs = await work.renew(this.row, percent(this.#bytes, this.#total)).catch(() => true);
      if (!isOurs) this.#over.abort();
      const nowMs = clock.monotonicMs();
      if (this.#bytes !== moved.bytes) moved = { bytes: this.#bytes, atMs: nowMs };
      if (nowMs - moved.atMs >= STALLED_MS) this.#end(stalled());
    }
    signal.removeEventListener('abort', stop);
  }

  #end(why: Error): void {
    if (!this.isOver) this.#why = why;
    this.#over.abort();
  }
}

function stalled(): GridError {
  const minutes = STALLED_MS / 60_000;
  return new GridError('timeout', `the object store took or gave nothing for ${minutes} minutes`);
}
