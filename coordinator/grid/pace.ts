import type { Clock } from '../../shared/clock.ts';

/**
 * Keeps rounds of work a little apart, so that under load each does more. What comes after a quiet time waits for nothing.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #apartMs: number;
  #lastMs = -Infinity;

  constructor(clock: Clock, apartMs: number) {
    this.#clock = clock;
    this.#apartMs = apartMs;
  }

  /** A round begins now. */
  mark(): void {
    this.#lastMs = this.#clock.monotonicMs();
  }

  /** Resolves when a round may begin. */
  async wait(signal?: AbortSignal): Promise<void> {
    const leftMs = this.#lastMs + this.#apartMs - this.#clock.monotonicMs();
    if (leftMs > 0) await this.#clock.sleep(leftMs, signal);
  }
}
