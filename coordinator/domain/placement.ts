import { isHardwareEncoder } from '../../shared/hardware-encoder.ts';

/** An agent with free slots, as the placement sees it. */
export interface Capacity {
  readonly agentId: string;
  readonly sessionId: string;
  readonly freeSlots: number;
  readonly capabilities: ReadonlySet<string>;
}

/** A ready task, as the placement sees it. */
export interface Candidate {
  readonly taskId: string;
  readonly requires: readonly string[];
  /** Agents that failed this task: another one is preferred while there is one. */
  readonly failedAgents: readonly string[];
  /** Agents that failed too many tasks of its job: the same. */
  readonly bannedAgents: readonly string[];
}

export interface Placement {
  readonly taskId: string;
  readonly agentId: string;
  readonly sessionId: string;
}

/** Looking a little further than the slots finds work for agents that cannot take the first tasks. */
export const LOOK_AHEAD = 32;

/** Whether an agent has proved everything that is required. */
export function canRun(capabilities: ReadonlySet<string>, requires: readonly string[]): boolean {
  return requires.every((capability) => capabilities.has(capability));
}

/** An agent that could take a task at another moment: it decides whether a failed agent must be avoided. */
export interface KnownAgent {
  readonly agentId: string;
  readonly capabilities: ReadonlySet<string>;
}

/**
 * Gives candidates, in their order, to agents: each to the fitting agent with most free slots. A task goes back to an agent
 * that failed it, or too much of its job, only when no other known agent could run it: then its own limit of attempts
 * ends it (L15). A task that needs no hardware encoder leaves agents that have one free while there are others.
 */
export function place(
  candidates: readonly Candidate[],
  capacities: readonly Capacity[],
  known: readonly KnownAgent[],
): Placement[] {
  const free = capacities.map((capacity) => ({
    capacity,
    slots: capacity.freeSlots,
    hardware: hasHardware([...capacity.capabilities]),
  }));
  const placements: Placement[] = [];
  let left = capacities.reduce((sum, capacity) => sum + capacity.freeSlots, 0);
  for (const candidate of candidates) {
    if (left === 0) break;
    const best = bestAgent(candidate, free, known);
    if (best === undefined) continue;
    best.slots--;
    left--;
    const { agentId, sessionId } = best.capacity;
    placements.push({ taskId: candidate.taskId, agentId, sessionId });
  }
  return placements;
}

interface FreeAgent {
  readonly capacity: Capacity;
  readonly hardware: boolean;
  slots: number;
}

function hasHardware(capabilities: readonly string[]): boolean {
  return capabilities.some((item) => item.startsWith('encoder:') && isHardwareEncoder(item));
}

function bestAgent(
  { failedAgents, bannedAgents, requires }: Candidate,
  free: readonly FreeAgent[],
  known: readonly KnownAgent[],
): FreeAgent | undefined {
  const avoided = (agentId: string): boolean =>
    failedAgents.includes(agentId) || bannedAgents.includes(agentId);
  const avoid =
    failedAgents.length + bannedAgents.length > 0 &&
    known.some((agent) => !avoided(agent.agentId) && canRun(agent.capabilities, requires));
  const spareHardware = !hasHardware(requires);
  let best: FreeAgent | undefined;
  for (const one of free) {
    if (one.slots <= 0) continue;
    const { agentId, capabilities } = one.capacity;
    if (best !== undefined && !isBetter(one, best, spareHardware)) continue;
    if (avoid && avoided(agentId)) continue;
    if (canRun(capabilities, requires)) best = one;
  }
  return best;
}

function isBetter(one: FreeAgent, best: FreeAgent, spareHardware: boolean): boolean {
  if (spareHardware && one.hardware !== best.hardware) return best.hardware;
  return one.slots > best.slots;
}
