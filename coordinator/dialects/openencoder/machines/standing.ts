import { isThere, type AgentView } from '../../../domain/agent.ts';
import type { EnrolledAgent } from '../../../domain/enrolment.ts';
import { agentNameOf } from './cloud-init.ts';
import type { MachineRow } from './machine-row.ts';

/** As clients read it: `new` until its agent registers, `active` while that lives, `off` when it is lost. */
export type Status = 'new' | 'active' | 'off';

export function statusOf({ agentId, tokenId }: MachineRow, agents: ReadonlyMap<string, AgentView>): Status {
  if (agentId === undefined) return tokenId === undefined ? 'off' : 'new';
  const agent = agents.get(agentId);
  return agent !== undefined && isThere(agent) ? 'active' : 'off';
}

/** Whether it still works on something. */
export function isBusy({ agentId }: MachineRow, agents: ReadonlyMap<string, AgentView>): boolean {
  const agent = agentId === undefined ? undefined : agents.get(agentId);
  return agent !== undefined && isThere(agent) && agent.leases > 0;
}

/**
 * Which agents are which machines. A token that one machine has tells its agent; machines that share one are told apart by
 * the provider's id in the agent's name.
 */
export function agentsOf(
  rows: readonly MachineRow[],
  enrolled: readonly EnrolledAgent[],
): { readonly id: number; readonly agentId: string }[] {
  const sharing = Map.groupBy(rows, (row) => row.tokenId);
  return rows.flatMap(({ id, tokenId, providerId, agentId: known }) => {
    if (known !== undefined || tokenId === undefined) return [];
    const joined = enrolled.filter((agent) => agent.tokenId === tokenId);
    const alone = sharing.get(tokenId)?.length === 1;
    const mine = joined.find(({ name }) => providerId !== undefined && name === agentNameOf(providerId));
    const agent = mine ?? (alone && joined.length === 1 ? joined[0] : undefined);
    return agent === undefined ? [] : [{ id, agentId: agent.agentId }];
  });
}
