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

/** L12: the first sweep after an outage puts expiry on hold for one full ttl. */
export function sweep(mark: SweepMark, { nowMs, ttlMs, outageMs }: SweepTimes): SweepMark {
  const outage = nowMs - mark.sweptAtMs > outageMs;
  return { sweptAtMs: nowMs, heldUntilMs: outage ? nowMs + ttlMs : mark.heldUntilMs };
}

/** Whether leases may end now. */
export function mayExpire(mark: SweepMark, nowMs: number): boolean {
  return mark.heldUntilMs <= nowMs;
}

/** L12: a lease whose time is over may still be renewed when expiry is on hold, or nobody swept since. */
export function isForgiven(mark: SweepMark, untilMs: number, nowMs: number): boolean {
  return mark.heldUntilMs > nowMs || mark.sweptAtMs < untilMs;
}
