import type { Clock, Timer } from '../../shared/clock.ts';

interface Due {
  /** On this clock. */
  readonly atMs: number;
  readonly fire: () => void;
  timer: Timer | undefined;
}

/**
 * A clock that stands still while the work is stopped: no time goes by for whoever measures that work by it, so no watchdog
 * takes a stopped program for one that hangs (L14), and no limit of time runs out. The time of day goes on.
 */
export class PausableClock implements Clock {
  readonly #clock: Clock;
  readonly #due = new Set<Due>();
  #stoodMs = 0;
  #frozenMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  freeze(): void {
    if (this.#frozenMs !== undefined) return;
    this.#frozenMs = this.#clock.monotonicMs();
    for (const due of this.#due) due.timer?.cancel();
  }

  thaw(): void {
    if (this.#frozenMs === undefined) return;
    this.#stoodMs += this.#clock.monotonicMs() - this.#frozenMs;
    this.#frozenMs = undefined;
    for (const due of this.#due) this.#arm(due);
  }

  monotonicMs(): number {
    return (this.#frozenMs ?? this.#clock.monotonicMs()) - this.#stoodMs;
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  after(delayMs: number, fn: () => void): Timer {
    const fire = (): void => {
      this.#due.delete(due);
      fn();
    };
    const due: Due = { atMs: this.monotonicMs() + delayMs, fire, timer: undefined };
    this.#due.add(due);
    if (this.#frozenMs === undefined) this.#arm(due);
    return {
      cancel: () => {
        due.timer?.cancel();
        this.#due.delete(due);
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.after(delayMs, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  #arm(due: Due): void {
    due.timer = this.#clock.after(Math.max(0, due.atMs - this.monotonicMs()), due.fire);
  }
}
