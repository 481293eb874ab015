import { Random } from './random.ts';

export const FAULTS = [
  'network',
  'half-open',
  'twice',
  'black hole',
  'lost notify',
  'agent crash',
  'agent pause',
  'slow agent',
  'drift',
  'failing work',
  'hanging work',
  'lies',
  'wrong digest',
  'coordinator crash',
  'database errors',
  'database stall',
  'database outage',
  'database failover',
  'object errors',
  'partial writes',
  'slow writes',
  'drain',
  'cancel and retry',
  'redo',
] as const;

/** Rarer than the others, because of what they cover: while nobody sweeps, or just after it, nothing expires (L12). */
const RARE_FAULTS = ['database clock', 'coordinator pause'] as const;

export type Fault = (typeof FAULTS)[number] | (typeof RARE_FAULTS)[number];

/** A schedule, all of it: the same options tell the same story. */
export interface SimOptions {
  readonly seed: number;
  readonly agents: number;
  readonly coordinators: number;
  readonly jobs: number;
  /** Of each job. */
  readonly clips: number;
  /** The first job is a command on the whole film, which is not cut. */
  readonly wholeFilm: boolean;
  /** Films that are cut are ladders: an index, and when that is there two jobs that stand on it. */
  readonly ladders: boolean;
  readonly faults: readonly Fault[];
  /** How long things go wrong. */
  readonly faultyMs: number;
}

/** Few faults show what each does alone, many what they do together. */
const DENSITIES = [0.08, 0.2, 0.4];
/** In so many schedules a job is a command on the whole film. */
const WHOLE_FILMS = 0.2;
const LADDERS = 0.2;

export function optionsOf(seed: number): SimOptions {
  const random = new Random(seed);
  const density = random.pick(DENSITIES);
  const options = {
    seed,
    agents: random.whole(1, 4),
    coordinators: random.pick([1, 1, 2, 2, 3]),
    jobs: random.whole(1, 3),
    clips: random.whole(1, 4),
    faults: FAULTS.filter(() => random.chance(density)),
    faultyMs: random.whole(4_000, 20_000),
  };
  const rare = RARE_FAULTS.filter(() => random.chance(density / 2));
  // Drawn last: all other schedules stay the stories that they were.
  const wholeFilm = random.chance(WHOLE_FILMS);
  const ladders = random.chance(LADDERS);
  return { ...options, wholeFilm, ladders, faults: [...options.faults, ...rare] };
}
