import type { SimOptions } from './options.ts';
import { simulate, type Mutation, type Outcome } from './simulate.ts';

function smaller(options: SimOptions): SimOptions[] {
  const { agents, coordinators, jobs, clips, wholeFilm, ladders, faults, faultyMs } = options;
  return [
    ...faults.map((fault) => ({ ...options, faults: faults.filter((one) => one !== fault) })),
    ...(jobs > 1 ? [{ ...options, jobs: jobs - 1 }] : []),
    ...(clips > 1 ? [{ ...options, clips: clips - 1 }] : []),
    ...(agents > 1 ? [{ ...options, agents: agents - 1 }] : []),
    ...(coordinators > 1 ? [{ ...options, coordinators: coordinators - 1 }] : []),
    ...(wholeFilm ? [{ ...options, wholeFilm: false }] : []),
    ...(ladders ? [{ ...options, ladders: false }] : []),
    ...(faultyMs > 2_000 ? [{ ...options, faultyMs: Math.round(faultyMs / 2) }] : []),
  ];
}

/** A smaller schedule that breaks the same rule: less of everything, as long as it still breaks. */
export async function shrink(
  options: SimOptions,
  failed: Outcome,
  mutation: Mutation = {},
): Promise<SimOptions> {
  for (const candidate of smaller(options)) {
    const outcome = await simulate(candidate, { mutation });
    if (outcome.violation?.rule === failed.violation?.rule) return shrink(candidate, outcome, mutation);
  }
  return options;
}
