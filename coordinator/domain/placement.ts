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
  /** Agents that may have nothing more of this task's job. */
  readonly bannedAgents: readonly string[];
}

export interface Placement {
  readonly taskId: string;
  readonly agentId: string;
  readonly sessionId: string;
}

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
 * that failed it only when no other known agent could run it.
 */
export function place(
  candidates: readonly Candidate[],
  capacities: readonly Capacity[],
  known: readonly KnownAgent[],
): Placement[] {
  const free = new Map(capacities.map((capacity) => [capacity.sessionId, capacity.freeSlots]));
  const placements: Placement[] = [];
  let left = capacities.reduce((sum, capacity) => sum + capacity.freeSlots, 0);
  for (const candidate of candidates) {
    if (left === 0) break;
    const best = bestAgent(candidate, { capacities, known, free });
    if (best === undefined) continue;
    free.set(best.sessionId, (free.get(best.sessionId) ?? 0) - 1);
    left--;
    placements.push({ taskId: candidate.taskId, agentId: best.agentId, sessionId: best.sessionId });
  }
  return placements;
}

interface Choice {
  readonly capacities: readonly Capacity[];
  readonly known: readonly KnownAgent[];
  readonly free: ReadonlyMap<string, number>;
}

function bestAgent(candidate: Candidate, { capacities, known, free }: Choice): Capacity | undefined {
  const fresh = (agent: KnownAgent): boolean =>
    !candidate.failedAgents.includes(agent.agentId) &&
    !candidate.bannedAgents.includes(agent.agentId) &&
    canRun(agent.capabilities, candidate.requires);
  const avoidFailed = candidate.failedAgents.length > 0 && known.some(fresh);
  let best: Capacity | undefined;
  let bestFree = 0;
  for (const capacity of capacities) {
    const slots = free.get(capacity.sessionId) ?? 0;
    if (slots <= bestFree) continue;
    if (avoidFailed && candidate.failedAgents.includes(capacity.agentId)) continue;
    if (candidate.bannedAgents.includes(capacity.agentId)) continue;
    if (!canRun(capacity.capabilities, candidate.requires)) continue;
    best = capacity;
    bestFree = slots;
  }
  return best;
}
