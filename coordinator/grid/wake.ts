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
    const { clock, pollMs, signal } = options;
    if (this.#generation !== seen || signal.aborted) return this.#generation;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = clock.after(pollMs, wake);
      this.#waiters.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
    return this.#generation;
  }
}
