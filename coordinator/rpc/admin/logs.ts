import type {
  AdminServiceServer,
  GetTaskLogRequest,
  WatchTaskLogRequest,
  WatchTaskLogResponse,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { ownerFilter, type Principal } from '../../domain/account.ts';
import type { LogChange, LogsFace } from '../../grid/face.ts';
import { OpenStreams } from '../open-streams.ts';
import { serverStream } from '../server-stream.ts';
import { unary } from '../unary.ts';
import type { AdminDeps } from './deps.ts';

function changeMessage(change: LogChange): WatchTaskLogResponse | undefined {
  switch (change.type) {
    case 'still':
      return undefined;
    case 'end':
      return { change: { $case: 'end', value: change.state } };
    case 'replace':
      return { change: { $case: 'replace', value: change.text } };
    case 'append':
      return { change: { $case: 'append', value: change.text } };
  }
}

async function* watch(
  logs: LogsFace,
  { request, principal }: { request: WatchTaskLogRequest; principal: Principal },
  signal: AbortSignal,
): AsyncGenerator<WatchTaskLogResponse> {
  const ownerId = ownerFilter(principal);
  for await (const change of logs.follow(request.taskId, { ownerId, signal })) {
    const message = changeMessage(change);
    if (message) yield message;
  }
}

export function logCalls(
  deps: AdminDeps,
  stopping: AbortSignal,
): Pick<AdminServiceServer, 'getTaskLog' | 'watchTaskLog'> {
  const { logs } = deps.grid;
  return {
    getTaskLog: unary(deps, 'read', async ({ taskId, attempt }: GetTaskLogRequest, principal) => {
      const ownerId = ownerFilter(principal);
      const log = await logs.read(taskId, { ownerId, ...(attempt === 0 ? {} : { attempt }) });
      return { ...log, attempts: [...log.attempts] };
    }),

    watchTaskLog: serverStream(deps, {
      scope: 'read',
      open: new OpenStreams('streams of output', deps.limits.watches),
      stopping,
      source: (request: WatchTaskLogRequest, principal, signal) =>
        watch(logs, { request, principal }, signal),
    }),
  };
}
