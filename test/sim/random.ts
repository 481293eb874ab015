import type { IdSource } from '../../shared/ids.ts';

/** Numbers that a seed decides (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number from `low` to below `high`. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.whole(0, items.length)] as T;
  }

  /** A source of its own: what one part draws does not move what another gets. */
  fork(): Random {
    return new Random(this.whole(0, 2 ** 31));
  }
}

/** Identifiers that a seed decides. */
export function simIds(random: Random): IdSource {
  const hex = (digits: number): string =>
    random
      .whole(0, 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  const uuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
  return { uuid, randomUuid: uuid, secret: () => uuid(), random: () => random.next() };
}
