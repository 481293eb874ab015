import type { Clock } from '../../shared/clock.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import { Pace } from './pace.ts';
import { systemPlatform } from './platform.ts';

interface Waiting<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

export interface BatcherLimits {
  /** Most items of one batch. */
  readonly batch: number;
  /** Most items that wait; above, `add` rejects with `resource_exhausted`, which passes by itself (L9). */
  readonly waiting: number;
  /** At least so long from one flush to the next, unless a batch is full: see `Pace`. */
  readonly apartMs: number;
  readonly clock: Clock;
  /** Calls back in the next turn of the event loop; by default the platform's. */
  nextTurn?(fn: () => void): void;
}

/** Gathers calls that arrive while one flush is under way, or right after it, into the next one: a batch forms by itself under load. */
export class Batcher<Item, Result> {
  readonly #flush: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly #limits: BatcherLimits;
  readonly #pace: Pace;
  #waiting: Waiting<Item, Result>[] = [];
  #running = false;

  /** `flush` returns one result an item, in order; when it throws, each of its items may be flushed again. */
  constructor(limits: BatcherLimits, flush: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#limits = limits;
    this.#pace = new Pace(limits.clock, limits.apartMs);
    this.#flush = flush;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= this.#limits.waiting) {
        const message = `${this.#limits.waiting} requests wait for the database already`;
        return reject(new GridError('resource_exhausted', message));
      }
      this.#waiting.push({ item, resolve, reject });
      if (!this.#running) {
        this.#running = true;
        // One turn of the event loop: what arrives in the same tick is one statement.
        const { nextTurn = systemPlatform.nextTurn } = this.#limits;
        nextTurn(() => void this.#run());
      }
    });
  }

  async #run(): Promise<void> {
    const { batch } = this.#limits;
    while (this.#waiting.length > 0) {
      if (this.#waiting.length < batch) await this.#pace.wait();
      this.#pace.mark();
      await this.#do(this.#waiting.splice(0, batch));
    }
    this.#running = false;
  }

  async #do(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#flush(batch.map((entry) => entry.item));
      batch.forEach((entry, position) => entry.resolve(results[position] as Result));
    } catch (error) {
      if (batch.length === 1 || toGridError(error).code === 'unavailable') {
        for (const entry of batch) entry.reject(error);
        return;
      }
      // One item that the database refuses must not fail its neighbours: the halves find it.
      const half = Math.ceil(batch.length / 2);
      await this.#do(batch.slice(0, half));
      await this.#do(batch.slice(half));
    }
  }
}
