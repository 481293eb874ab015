import { canRun, FreeAgents } from './free-agents.ts';

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
  // Most rounds find nothing, and thousands of agents are not to be sorted for that.
  if (candidates.length === 0) return [];
  const free = new FreeAgents(capacities);
  const placements: Placement[] = [];
  for (const candidate of candidates) {
    if (free.left === 0) break;
    const agent = free.take(candidate.requires, refusal(candidate, known));
    if (agent === undefined) continue;
    const { agentId, sessionId } = agent;
    placements.push({ taskId: candidate.taskId, agentId, sessionId });
  }
  return placements;
}

const nobody = (): boolean => false;

/** Agents that must not have the task: those that failed it, while another known one could run it. */
function refusal(
  { failedAgents, bannedAgents, requires }: Candidate,
  known: readonly KnownAgent[],
): (agentId: string) => boolean {
  if (failedAgents.length + bannedAgents.length === 0) return nobody;
  const avoided = (agentId: string): boolean =>
    failedAgents.includes(agentId) || bannedAgents.includes(agentId);
  const others = known.some((agent) => !avoided(agent.agentId) && canRun(agent.capabilities, requires));
  return others ? avoided : nobody;
}
