import { AdminServiceService, type AdminServiceServer } from '../../../shared/gen/clipgrid/v1/admin.ts';
import type { RpcService } from '../rpc-service.ts';
import { agentCalls } from './agents.ts';
import type { AdminDeps } from './deps.ts';
import { eventCalls } from './events.ts';
import { gridCalls } from './grid.ts';
import { jobCalls } from './jobs.ts';
import { joinTokenCalls } from './join-tokens.ts';
import { logCalls } from './logs.ts';
import { pictureCalls } from './pictures.ts';
import { resultCalls } from './results.ts';
import { submitCalls } from './submit.ts';
import { taskCalls } from './tasks.ts';
import { tokenCalls } from './tokens.ts';
import { uploadCalls } from './uploads.ts';
import { waitingCalls } from './waiting.ts';

/** For people and their tools: look at the grid and steer it. Reading needs the scope `read`, uploads and jobs of one's own `submit`, steering `admin`. */
export function createAdminService(deps: AdminDeps): RpcService {
  const stopping = new AbortController();
  const implementation: AdminServiceServer = {
    ...agentCalls(deps),
    ...joinTokenCalls(deps),
    ...tokenCalls(deps),
    ...uploadCalls(deps),
    ...submitCalls(deps),
    ...jobCalls(deps),
    ...resultCalls(deps),
    ...pictureCalls(deps),
    ...gridCalls(deps),
    ...taskCalls(deps),
    ...logCalls(deps, stopping.signal),
    ...waitingCalls(deps),
    ...eventCalls(deps, stopping.signal),
  };
  return { definition: AdminServiceService, implementation, stop: () => stopping.abort() };
}
