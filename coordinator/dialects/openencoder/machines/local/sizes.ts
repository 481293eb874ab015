import type { Size } from '../provider.ts';

export interface Hardware {
  readonly cores: number;
  readonly memoryBytes: number;
}

/** A share of this machine that an agent may use. */
export interface LocalSize extends Size {
  readonly cores: number;
  readonly memoryGib: number;
}

const GIB = 1024 ** 3;
/** On average. */
export const HOURS_A_MONTH = 730;

/** The whole machine, half of it, and so on down to one core: `local-2c-4g`. The price is that of the whole machine. */
export function localSizes({ cores, memoryBytes }: Hardware, priceHourly: number): LocalSize[] {
  const shares: number[] = [];
  for (let share = Math.max(1, Math.floor(cores)); share >= 1; share = Math.floor(share / 2))
    shares.push(share);
  const largest = shares[0] ?? 1;
  return shares.toReversed().map((share) => {
    const memoryGib = Math.max(1, Math.floor((memoryBytes / GIB) * (share / largest)));
    const price = (priceHourly * share) / largest;
    return {
      slug: `local-${share}c-${memoryGib}g`,
      available: true,
      priceHourly: price,
      priceMonthly: price * HOURS_A_MONTH,
      cores: share,
      memoryGib,
    };
  });
}

/** Tasks at once of an agent with so many cores: an encoder uses several. */
export function slotsOf(cores: number): number {
  return Math.max(1, Math.floor(cores / 2));
}
