import type { AgentDocument, JobPage } from '../../client/documents.ts';
import type { RestClient } from '../../client/rest-client.ts';
import { backoffMs } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { toGridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import { afterEvent, EMPTY, modelOf, type GridDocument, type TopModel } from './model.ts';

const AT_WORK = 'queued,indexing,encoding,merging';
const AT_WORK_SHOWN = 500;
const NEWEST_SHOWN = 100;
const RECONNECT = { firstMs: 500, maxMs: 5_000 };

/** Everything, by the lists: all that is at work, within bounds, and the newest of the rest. */
export async function readModel(client: RestClient): Promise<TopModel> {
  const [grid, active, newest, { agents }] = await Promise.all([
    client.get<GridDocument>('/grid'),
    client.get<JobPage>(`/jobs?state=${AT_WORK}&limit=${AT_WORK_SHOWN}`),
    client.get<JobPage>(`/jobs?limit=${NEWEST_SHOWN}`),
    client.get<{ agents: readonly AgentDocument[] }>('/agents'),
  ]);
  return modelOf(grid, [...newest.jobs, ...active.jobs], agents);
}

export interface FollowGrid {
  readonly client: RestClient;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly signal: AbortSignal;
  onModel(model: TopModel): void;
  /** Why nothing comes for now; it is tried again. */
  onLost(reason: string): void;
}

/** Follows the grid's event stream until `signal` aborts, over restarts of the coordinator. Throws what will not pass by itself. */
export async function followGrid(follow: FollowGrid): Promise<void> {
  const { client, clock, ids, signal, onModel, onLost } = follow;
  let model = EMPTY;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      for await (const { event, data } of client.stream('/events')) {
        model = afterEvent(model, event, data) ?? (await readModel(client));
        attempt = 0;
        onModel(model);
      }
      onLost('the coordinator ended the stream');
    } catch (thrown) {
      if (signal.aborted) return;
      const { code, message } = toGridError(thrown);
      if (code !== 'unavailable' && code !== 'timeout' && code !== 'resource_exhausted') throw thrown;
      onLost(message);
    }
    await clock.sleep(
      backoffMs(attempt, RECONNECT, () => ids.random()),
      signal,
    );
  }
}
