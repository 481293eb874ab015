import { GridError } from '../../../shared/errors.ts';

export function noAgent(agentId: string): GridError {
  return new GridError('not_found', `there is no agent ${agentId}`, {
    details: { field: 'agent_id', value: agentId },
  });
}
