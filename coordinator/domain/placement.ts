import { SHARES_WORK } from '../../shared/common-work.ts';
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
  /** Tasks of one key begin with the same work; `whole`: they are the same work. */
  readonly share?: { readonly key: string; readonly whole: boolean };
}

export interface Placement {
  readonly taskId: string;
  readonly agentId: string;
  readonly sessionId: string;
  /** The task whose slot it is in, and whose work it shares; absent: it has a slot of its own. */
  readonly beside?: string;
}

/** Looking a little further than the slots finds work for agents that cannot take the first tasks. */
export const LOOK_AHEAD = 32;
/** Tasks in one slot: each runs its own encoder (L9). */
export const MAX_TOGETHER = 8;

/** An agent that could take a task at another moment: it decides whether a failed agent must be avoided. */
export interface KnownAgent {
  readonly agentId: string;
  readonly capabilities: ReadonlySet<string>;
}

/** Tasks with one share key in one slot. */
interface Together {
  readonly agent: Capacity;
  readonly leader: string;
  size: number;
}

/**
 * Gives candidates, in their order, to agents: each to the fitting agent with most free slots. A task goes back to an agent
 * that failed it, or too much of its job, only when no other known agent could run it: then its own limit of attempts
 * ends it (L15). A task that needs no hardware encoder leaves agents that have one free while there are others. Tasks that
 * share their work go together in one slot, but no agent stays idle for that.
 */
export function place(
  candidates: readonly Candidate[],
  capacities: readonly Capacity[],
  known: readonly KnownAgent[],
): Placement[] {
  // Most rounds find nothing, and thousands of agents are not to be sorted for that.
  if (candidates.length === 0) return [];
  const free = new FreeAgents(capacities);
  const together = new Map<string, Together[]>();
  const placements: Placement[] = [];
  const giveSlot = ({ taskId, requires, share }: Candidate, refused: (agentId: string) => boolean) => {
    const agent = free.left > 0 ? free.take(requires, refused) : undefined;
    if (agent === undefined) return false;
    const { agentId, sessionId } = agent;
    placements.push({ taskId, agentId, sessionId });
    if (share && agent.capabilities.has(SHARES_WORK)) {
      const begun = { agent, leader: taskId, size: 1 };
      together.set(share.key, [...(together.get(share.key) ?? []), begun]);
    }
    return true;
  };
  const join = (group: Together, { taskId }: Candidate): void => {
    const { agentId, sessionId } = group.agent;
    placements.push({ taskId, agentId, sessionId, beside: group.leader });
    group.size++;
  };
  const later: Candidate[] = [];
  for (const candidate of candidates) {
    const refused = refusal(candidate, known);
    const group = smallest(together, candidate, refused);
    if (group === undefined) giveSlot(candidate, refused);
    else if (candidate.share?.whole === true) join(group, candidate);
    else later.push(candidate);
  }
  for (const candidate of later) {
    const refused = refusal(candidate, known);
    const busy = new Set(together.get(candidate.share?.key ?? '')?.map(({ agent }) => agent.agentId));
    if (giveSlot(candidate, (agentId) => refused(agentId) || busy.has(agentId))) continue;
    const group = smallest(together, candidate, refused);
    if (group) join(group, candidate);
  }
  return placements;
}

/** Of the slots in which tasks with its share key are, the one with fewest of them that may have it, too. */
function smallest(
  together: ReadonlyMap<string, readonly Together[]>,
  { share, requires }: Candidate,
  refused: (agentId: string) => boolean,
): Together | undefined {
  if (share === undefined) return undefined;
  const open = (together.get(share.key) ?? []).filter(
    ({ agent, size }) =>
      size < MAX_TOGETHER && canRun(agent.capabilities, requires) && !refused(agent.agentId),
  );
  return open.toSorted((a, b) => a.size - b.size)[0];
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
