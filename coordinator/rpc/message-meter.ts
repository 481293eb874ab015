import type { Clock } from '../../shared/clock.ts';

export interface MeterLimits {
  readonly messageBurst: number;
  readonly messagesPerSecond: number;
}

/** A token bucket: how much one peer may say, at once and in the long run. */
export class MessageMeter {
  readonly #clock: Clock;
  readonly #limits: MeterLimits;
  #left: number;
  #filledMs: number;

  constructor(clock: Clock, limits: MeterLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#left = limits.messageBurst;
    this.#filledMs = clock.monotonicMs();
  }

  /** False: this message is one too many. */
  take(): boolean {
    const nowMs = this.#clock.monotonicMs();
    const gained = ((nowMs - this.#filledMs) / 1000) * this.#limits.messagesPerSecond;
    this.#left = Math.min(this.#limits.messageBurst, this.#left + gained);
    this.#filledMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
