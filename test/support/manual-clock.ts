import type { Clock } from '../../shared/clock.ts';

interface Entry {
  readonly atMs: number;
  readonly fn: () => void;
}

/** A clock that a test moves by hand. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #entries = new Set<Entry>();

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  after(delayMs: number, fn: () => void) {
    const entry = { atMs: this.#nowMs + delayMs, fn };
    this.#entries.add(entry);
    return { cancel: () => void this.#entries.delete(entry) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = this.after(delayMs, resolve);
      const aborted = (): void => {
        timer.cancel();
        resolve();
      };
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  /** Milliseconds from now of the timers that are set, ascending. */
  get pending(): number[] {
    return [...this.#entries].map((entry) => entry.atMs - this.#nowMs).toSorted((a, b) => a - b);
  }

  /** Moves on, calling what falls due in its order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#entries]
        .filter((entry) => entry.atMs <= untilMs)
        .toSorted((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#entries.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.fn();
    }
    this.#nowMs = untilMs;
  }

  /** Moves on as for a process that is stopped: what falls due waits for the next `advance`. */
  pass(ms: number): void {
    this.#nowMs += ms;
  }
}
