import { addCounts, type Counts, type Happening } from './happenings.ts';
import { optionsOf, type SimOptions } from './options.ts';
import type { Rule } from './rules.ts';
import { shrink } from './shrink.ts';
import { simulate, type Mutation } from './simulate.ts';

/** Seeds `first`, `first + step`, ... */
export interface Seeds {
  readonly first: number;
  readonly count: number;
  readonly step: number;
}

export interface Broken {
  readonly seed: number;
  readonly rule: Rule;
  readonly message: string;
  /** The smallest schedule that breaks the same rule. */
  readonly least: SimOptions;
}

export interface Summary {
  schedules: number;
  steps: number;
  /** In which states jobs ended. */
  readonly states: Counts<string>;
  readonly happened: Counts<Happening>;
  readonly crashes: Counts<string>;
  readonly asked: Counts<Rule>;
  broken: Broken | undefined;
}

/** Runs schedules until one breaks a rule, which is then shrunk. */
export async function runMany({ first, count, step }: Seeds, mutation: Mutation = {}): Promise<Summary> {
  const sum: Summary = {
    schedules: 0,
    steps: 0,
    states: {},
    happened: {},
    crashes: {},
    asked: {},
    broken: undefined,
  };
  for (let k = 0; k < count && sum.broken === undefined; k++) {
    const seed = first + k * step;
    const options = optionsOf(seed);
    const outcome = await simulate(options, { mutation });
    sum.schedules++;
    sum.steps += outcome.steps;
    for (const state of outcome.states) addCounts(sum.states, { [state]: 1 });
    addCounts(sum.happened, outcome.happened);
    addCounts(sum.crashes, outcome.crashes);
    addCounts(sum.asked, outcome.asked);
    const { violation } = outcome;
    if (violation === undefined) continue;
    const { rule, message } = violation;
    sum.broken = { seed, rule, message, least: await shrink(options, outcome, mutation) };
  }
  return sum;
}
