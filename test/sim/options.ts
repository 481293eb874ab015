import { Random } from './random.ts';

export const FAULTS = [
  'network',
  'half-open',
  'twice',
  'agent crash',
  'agent pause',
  'failing work',
  'lies',
  'wrong digest',
  'drift',
  'database errors',
  'coordinator crash',
  'database stall',
  'database outage',
  'object errors',
  'lost notify',
  'drain',
  'cancel and retry',
] as const;

export type Fault = (typeof FAULTS)[number];

/** A schedule, all of it: the same options tell the same story. */
export interface SimOptions {
  readonly seed: number;
  readonly agents: number;
  readonly coordinators: number;
  readonly jobs: number;
  readonly faults: readonly Fault[];
  /** How long things go wrong. */
  readonly faultyMs: number;
}

export function optionsOf(seed: number): SimOptions {
  const random = new Random(seed);
  return {
    seed,
    agents: random.whole(1, 4),
    coordinators: random.whole(1, 3),
    jobs: random.whole(1, 3),
    faults: FAULTS.filter(() => random.chance(0.35)),
    faultyMs: random.whole(5_000, 30_000),
  };
}
