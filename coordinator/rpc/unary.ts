import type { handleUnaryCall } from '@grpc/grpc-js';
import type { Principal, Scope } from '../domain/account.ts';
import { ANYBODY, authenticate } from './authenticate.ts';
import type { CallDeps } from './rpc-service.ts';
import { reportStatus } from './status.ts';
import { within } from './within.ts';

/** One request, one answer: who calls is checked first, and the answer comes within the server's own deadline. */
export function unary<Request, Response>(
  deps: CallDeps,
  scope: Scope | 'anybody',
  handle: (request: Request, principal: Principal) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const work = async (): Promise<Response> => {
      const principal = scope === 'anybody' ? ANYBODY : await authenticate(deps.auth, call.metadata, scope);
      return handle(call.request, principal);
    };
    within(deps.clock, deps.limits.unaryMs, work()).then(
      (response) => callback(null, response),
      (thrown: unknown) => callback(reportStatus(deps.logger, call.getPath(), thrown)),
    );
  };
}
