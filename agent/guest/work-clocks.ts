import type { Clock } from '../../shared/clock.ts';
import { PausableClock } from './pausable-clock.ts';

export interface WorkClock {
  readonly clock: Clock;
  /** The attempt is over: its clock goes on for good. */
  close(): void;
}

/** The clocks of all attempts, which stand still together. */
export class WorkClocks {
  readonly #clock: Clock;
  readonly #clocks = new Set<PausableClock>();
  #isFrozen = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A clock for one attempt. It goes on for good when `over` aborts: what is to end must come to its end. */
  open(over: AbortSignal): WorkClock {
    const clock = new PausableClock(this.#clock);
    const close = (): void => {
      over.removeEventListener('abort', close);
      this.#clocks.delete(clock);
      clock.thaw();
    };
    if (over.aborted) return { clock, close };
    this.#clocks.add(clock);
    if (this.#isFrozen) clock.freeze();
    over.addEventListener('abort', close, { once: true });
    return { clock, close };
  }

  freeze(): void {
    this.#isFrozen = true;
    for (const clock of this.#clocks) clock.freeze();
  }

  thaw(): void {
    this.#isFrozen = false;
    for (const clock of this.#clocks) clock.thaw();
  }
}
