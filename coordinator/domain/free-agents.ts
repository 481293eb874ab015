import { isHardwareEncoder } from '../../shared/hardware-encoder.ts';
import type { Capacity } from './placement.ts';

/** Whether an agent has proved everything that is required. */
export function canRun(capabilities: ReadonlySet<string>, requires: readonly string[]): boolean {
  return requires.every((capability) => capabilities.has(capability));
}

/** Whether one of these is an encoder of special hardware. */
export function hasHardware(capabilities: Iterable<string>): boolean {
  for (const item of capabilities) {
    if (item.startsWith('encoder:') && isHardwareEncoder(item)) return true;
  }
  return false;
}

/** Agents that can do the same, by their free slots. */
class Pool {
  readonly capabilities: ReadonlySet<string>;
  readonly hardware: boolean;
  /** `#bySlots[n]`: agents with n free slots; the last one is taken first. */
  readonly #bySlots: Capacity[][] = [];

  constructor(capabilities: ReadonlySet<string>) {
    this.capabilities = capabilities;
    this.hardware = hasHardware(capabilities);
  }

  add(agent: Capacity, slots: number): void {
    if (slots > 0) (this.#bySlots[slots] ??= []).push(agent);
  }

  /** Most free slots of an agent that may be taken; 0: there is none. */
  mostFree(refused: (agentId: string) => boolean): number {
    for (let slots = this.#bySlots.length - 1; slots > 0; slots--) {
      if (this.#find(slots, refused) >= 0) return slots;
    }
    return 0;
  }

  /** Takes one slot of an agent with `slots` free ones. */
  take(slots: number, refused: (agentId: string) => boolean): Capacity | undefined {
    const [agent] = this.#bySlots[slots]?.splice(this.#find(slots, refused), 1) ?? [];
    if (agent) this.add(agent, slots - 1);
    return agent;
  }

  #find(slots: number, refused: (agentId: string) => boolean): number {
    return this.#bySlots[slots]?.findLastIndex((agent) => !refused(agent.agentId)) ?? -1;
  }
}

/**
 * Free slots, kept so that a task finds its agent without a look at each: a thousand agents are usually of a few kinds.
 * Agents share a pool when they share the set of capabilities itself, so whoever makes capacities shares equal sets.
 */
export class FreeAgents {
  readonly #pools: readonly Pool[];
  readonly #fitting = new Map<string, readonly Pool[]>();
  left = 0;

  constructor(capacities: readonly Capacity[]) {
    const pools = new Map<ReadonlySet<string>, Pool>();
    // From the end: the first of equals is then the last of its list, which is taken first.
    for (const capacity of capacities.toReversed()) {
      const { capabilities, freeSlots } = capacity;
      const pool = pools.get(capabilities) ?? new Pool(capabilities);
      pools.set(capabilities, pool);
      pool.add(capacity, freeSlots);
      this.left += freeSlots;
    }
    this.#pools = [...pools.values()];
  }

  /**
   * Takes a slot of the agent with most of them that can run this and is not refused. What needs no hardware encoder
   * takes an agent that has one only when there is no other.
   */
  take(requires: readonly string[], refused: (agentId: string) => boolean): Capacity | undefined {
    const spareHardware = !hasHardware(requires);
    let best: Pool | undefined;
    let bestSlots = 0;
    for (const pool of this.#fittingPools(requires)) {
      const slots = pool.mostFree(refused);
      if (slots === 0) continue;
      const softer = spareHardware && best !== undefined && best.hardware !== pool.hardware;
      if (softer ? best?.hardware : slots > bestSlots) [best, bestSlots] = [pool, slots];
    }
    if (best === undefined) return undefined;
    this.left--;
    return best.take(bestSlots, refused);
  }

  #fittingPools(requires: readonly string[]): readonly Pool[] {
    const key = requires.join('\n');
    const known = this.#fitting.get(key);
    if (known) return known;
    const pools = this.#pools.filter((pool) => canRun(pool.capabilities, requires));
    this.#fitting.set(key, pools);
    return pools;
  }
}
