import type { handleUnaryCall } from '@grpc/grpc-js';
import type { EnrolRequest, EnrolResponse } from '../../shared/gen/clipgrid/v1/session.ts';
import type { EnrolmentFace } from '../grid/face.ts';
import type { CallDeps } from './rpc-service.ts';
import { unary } from './unary.ts';

export interface EnrolDeps extends CallDeps {
  readonly enrolment: EnrolmentFace;
}

/** A machine joins. What it needs is in the request: a join token, which is good for this and nothing else. */
export function enrolCall(deps: EnrolDeps): handleUnaryCall<EnrolRequest, EnrolResponse> {
  return unary(deps, 'anybody', async ({ joinToken, publicKey, name }: EnrolRequest) => {
    const agentId = await deps.enrolment.enrol({ joinToken, publicKey, name });
    deps.logger.info({ agent: agentId, machine: name }, 'an agent was enrolled');
    return { agentId };
  });
}
