import type {
  AdminServiceServer,
  DrainAgentRequest,
  GetAgentRequest,
  ListAgentsRequest,
  RevokeAgentRequest,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { ownerFilter } from '../../domain/account.ts';
import { unary } from '../unary.ts';
import { invalidField, type AdminDeps } from './deps.ts';
import { agentMessage, listedTaskMessage } from './messages.ts';
import { slicePage } from './paging.ts';

const MAX_DRAIN_S = 7 * 24 * 3600;

/** Agents belong to the grid: everybody may look at them, but sees of their work only his own. */
export function agentCalls(
  deps: AdminDeps,
): Pick<AdminServiceServer, 'listAgents' | 'getAgent' | 'drainAgent' | 'revokeAgent'> {
  const { agents, enrolment } = deps.grid;
  return {
    listAgents: unary(deps, 'read', async (request: ListAgentsRequest) => {
      const all = await agents.list();
      const { items, nextPageToken } = slicePage(request, all, (agent) => agent.agentId);
      return { agents: items.map(agentMessage), nextPageToken };
    }),

    getAgent: unary(deps, 'read', async ({ agentId }: GetAgentRequest, principal) => {
      const agent = await agents.get(agentId);
      const tasks = await agents.tasks(agentId, ownerFilter(principal));
      return { agent: agentMessage(agent), tasks: tasks.map(listedTaskMessage) };
    }),

    drainAgent: unary(deps, 'admin', async ({ agentId, deadlineSeconds, undo }: DrainAgentRequest) => {
      if (deadlineSeconds > MAX_DRAIN_S)
        throw invalidField('deadline_seconds', deadlineSeconds, `0 to ${MAX_DRAIN_S}`);
      if (undo && deadlineSeconds > 0)
        throw invalidField('deadline_seconds', deadlineSeconds, 'an undo has no deadline');
      const agent = undo ? await agents.undrain(agentId) : await agents.drain(agentId, deadlineSeconds);
      return { agent: agentMessage(agent) };
    }),

    revokeAgent: unary(deps, 'admin', async ({ agentId }: RevokeAgentRequest) => {
      await enrolment.revokeAgent(agentId);
      return {};
    }),
  };
}
