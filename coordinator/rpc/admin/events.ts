import type {
  AdminServiceServer,
  WatchEventsRequest,
  WatchEventsResponse,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { ownerFilter, type Principal } from '../../domain/account.ts';
import type { Grid } from '../../grid/face.ts';
import { OpenStreams } from '../open-streams.ts';
import { serverStream } from '../server-stream.ts';
import { invalidField, type AdminDeps } from './deps.ts';
import { eventMessage } from './messages.ts';

/** Events that the caller may see, from where he wants them, as many as he asked for. */
async function* watch(
  { jobs, events }: Grid,
  { request, principal }: { request: WatchEventsRequest; principal: Principal },
  signal: AbortSignal,
): AsyncGenerator<WatchEventsResponse> {
  if (request.afterSequence < 0)
    throw invalidField('after_sequence', request.afterSequence, 'a sequence number, or 0 for from now on');
  const ownerId = ownerFilter(principal);
  const jobId = request.jobId === '' ? undefined : (await jobs.get(request.jobId, ownerId)).jobId;
  const filter = {
    afterSequence: request.afterSequence === 0 ? await events.head() : request.afterSequence,
    ...(jobId === undefined ? {} : { jobId }),
    ...(ownerId === undefined ? {} : { ownerId }),
  };
  let sent = 0;
  for await (const event of events.watch(filter, signal)) {
    yield { event: eventMessage(event) };
    if (++sent === request.maxEvents) return;
  }
}

export function eventCalls(deps: AdminDeps, stopping: AbortSignal): Pick<AdminServiceServer, 'watchEvents'> {
  return {
    watchEvents: serverStream(deps, {
      scope: 'read',
      open: new OpenStreams('event streams', deps.limits.watches),
      stopping,
      source: (request: WatchEventsRequest, principal, signal) =>
        watch(deps.grid, { request, principal }, signal),
    }),
  };
}
