import { GridError } from './errors.ts';

export interface TurnstileOptions {
  readonly atOnce: number;
  /** How many more may wait; who comes then is refused (`unavailable`). */
  readonly waiting: number;
  /** What there is too much of, for that message. */
  readonly of: string;
}

/** Lets a few in at once; the others wait in the order of their coming. */
export class Turnstile {
  #free: number;
  readonly #options: TurnstileOptions;
  readonly #queue = new Set<() => void>();

  constructor(options: TurnstileOptions) {
    this.#options = options;
    this.#free = options.atOnce;
  }

  /** Who leaves by `signal` while waiting is `cancelled`. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    const [next] = this.#queue;
    if (next === undefined) return void this.#free++;
    this.#queue.delete(next);
    next();
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    if (this.#free > 0) return void this.#free--;
    const { waiting, of } = this.#options;
    if (this.#queue.size >= waiting)
      throw new GridError('unavailable', `too many ${of} at once: try again in a moment`);
    await new Promise<void>((resolve, reject) => {
      const mine = (): void => {
        signal?.removeEventListener('abort', left);
        resolve();
      };
      const left = (): void => {
        this.#queue.delete(mine);
        reject(new GridError('cancelled', `cancelled while waiting: too many ${of} at once`));
      };
      if (signal?.aborted) return left();
      this.#queue.add(mine);
      signal?.addEventListener('abort', left, { once: true });
    });
  }
}
