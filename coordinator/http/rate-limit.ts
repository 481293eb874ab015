import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';

export interface RateLimitOptions {
  readonly clock: Clock;
  /** Of one key within the window. */
  readonly most: number;
  readonly windowS: number;
  /** What is counted, for the message: `registrations`. */
  readonly of: string;
}

/** So many keys are remembered (L9); beyond that the oldest ones begin anew. */
const MAX_KEYS = 10_000;

/** Counts what keys (addresses) do within windows of time, in this process. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #windows = new Map<string, { count: number; readonly untilMs: number }>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** Counts one; `resource_exhausted` with `details.retryAfterS` beyond the most. */
  count(key: string): void {
    const { clock, most, windowS, of } = this.#options;
    const nowMs = clock.monotonicMs();
    const known = this.#windows.get(key);
    if (known === undefined || known.untilMs <= nowMs) return this.#begin(key, nowMs + windowS * 1000);
    if (++known.count <= most) return;
    const retryAfterS = Math.ceil((known.untilMs - nowMs) / 1000);
    throw new GridError('resource_exhausted', `too many ${of}: try again in ${retryAfterS} s`, {
      details: { retryAfterS },
    });
  }

  #begin(key: string, untilMs: number): void {
    this.#windows.delete(key);
    if (this.#windows.size >= MAX_KEYS) {
      const [oldest] = this.#windows.keys();
      if (oldest !== undefined) this.#windows.delete(oldest);
    }
    this.#windows.set(key, { count: 1, untilMs });
  }
}
