import type { Clock } from '../../../../shared/clock.ts';

export interface KeptOptions {
  readonly clock: Clock;
  readonly keepMs: number;
  readonly failureMs: number;
}

/** The last answer to a slow question: all who ask in the meantime get it, and whoever asks while it is under way. */
export class Kept<T> {
  readonly #options: KeptOptions;
  #last: { readonly key: string; readonly answer: Promise<T>; untilMs: number } | undefined;

  constructor(options: KeptOptions) {
    this.#options = options;
  }

  /** Another `key` is another question. Failures are kept, too, for a shorter time. */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const { clock, keepMs, failureMs } = this.#options;
    const last = this.#last;
    if (last?.key === key && clock.monotonicMs() < last.untilMs) return last.answer;
    const fresh = { key, answer: ask(), untilMs: Infinity };
    this.#last = fresh;
    fresh.answer.then(
      () => (fresh.untilMs = clock.monotonicMs() + keepMs),
      () => (fresh.untilMs = clock.monotonicMs() + failureMs),
    );
    return fresh.answer;
  }
}
