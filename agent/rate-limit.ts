import type { Clock } from '../shared/clock.ts';

/** Unused time that may be caught up on: a pipe that paused for a moment is not slower for it. */
const BURST_MS = 250;

/** Lets bytes through at a rate, all that use it together, in the order of their coming. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #bytesPerMs: number;
  /** When all that was let through so far is paid for. */
  #paidMs = -Infinity;

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  /** Resolves when `bytes` may have gone through, or at once when `signal` aborts. Never rejects. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    const now = this.#clock.monotonicMs();
    this.#paidMs = Math.max(this.#paidMs, now - BURST_MS) + bytes / this.#bytesPerMs;
    if (this.#paidMs > now) await this.#clock.sleep(this.#paidMs - now, signal);
  }
}
