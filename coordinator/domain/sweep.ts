/** What whoever sweeps leaves behind for the next one, on the referee's clock. */
export interface SweepMark {
  readonly sweptAtMs: number;
  /** Nothing expires before that. */
  readonly heldUntilMs: number;
}

export interface SweepTimes {
  readonly nowMs: number;
  readonly ttlMs: number;
  /** A pause between two sweeps longer than this was an outage. */
  readonly outageMs: number;
}

/** What is measured by the referee's clock is this exact at best: statements overtake each other. */
export const CLOCK_SLACK_MS = 1_000;
/** Longer than a sweeper that works is ever away. */
export const SWEPT_LATELY_MS = 60_000;

/**
 * L12: the first sweep after an outage puts expiry on hold for one full ttl; so does one after the referee's clock jumped
 * on. One that jumped back takes the hold with it, as far as anybody can tell, and no hold is longer than a ttl.
 */
export function sweep(mark: SweepMark, { nowMs, ttlMs, outageMs }: SweepTimes): SweepMark {
  const passedMs = nowMs - mark.sweptAtMs;
  const latestMs = nowMs + ttlMs;
  const heldUntilMs = Math.min(mark.heldUntilMs + Math.min(passedMs, 0), latestMs);
  return { sweptAtMs: nowMs, heldUntilMs: passedMs > outageMs ? latestMs : heldUntilMs };
}

/** No lease ends later than that. One that does was given, or renewed, before the referee's clock jumped back. */
export function latestEndMs({ nowMs, ttlMs }: Pick<SweepTimes, 'nowMs' | 'ttlMs'>): number {
  return nowMs + ttlMs + CLOCK_SLACK_MS;
}

/**
 * How far the referee's clock has jumped between two sweeps; 0 where nobody can tell. `passedMs`: between them on that
 * clock, `atMostMs`: on one that does not jump.
 */
export function jumpBetween(passedMs: number, atMostMs: number, outageMs: number): number {
  if (passedMs < -CLOCK_SLACK_MS) return passedMs;
  const tooMuchMs = passedMs - atMostMs;
  return tooMuchMs > outageMs ? tooMuchMs : 0;
}

/** Whether a wait of that length is one in which agents could be seen all the time (L12, L15). */
export function wasWatched(mark: SweepMark, nowMs: number, waitMs: number): boolean {
  return mark.heldUntilMs < nowMs - waitMs && nowMs - mark.sweptAtMs < SWEPT_LATELY_MS;
}

/** Whether leases may end now. */
export function mayExpire(mark: SweepMark, nowMs: number): boolean {
  return mark.heldUntilMs <= nowMs;
}

/** L12: a lease whose time is over may still be renewed when expiry is on hold, or nobody swept since. */
export function isForgiven(mark: SweepMark, untilMs: number, nowMs: number): boolean {
  return mark.heldUntilMs > nowMs || mark.sweptAtMs < untilMs;
}
