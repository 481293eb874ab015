import type { Clock } from '../../shared/clock.ts';

/** A bell: rung by anybody, it wakes all who wait. A ring while nobody waits is kept for the next wait of each waiter. */
export class Wake {
  #generation = 0;
  readonly #waiters = new Set<() => void>();

  ring(): void {
    this.#generation++;
    for (const wake of this.#waiters) wake();
  }

  get generation(): number {
    return this.#generation;
  }

  /** Resolves when the bell has rung since `seen`, after `pollMs`, or at the abort. Returns the new generation. */
  async wait(seen: number, options: { clock: Clock; pollMs: number; signal: AbortSignal }): Promise<number> {
    if (this.#generation === seen && !options.signal.aborted) {
      const early = new AbortController();
      const wake = (): void => early.abort();
      this.#waiters.add(wake);
      options.signal.addEventListener('abort', wake, { once: true });
      await options.clock.sleep(options.pollMs, early.signal);
      this.#waiters.delete(wake);
      options.signal.removeEventListener('abort', wake);
    }
    return this.#generation;
  }
}
