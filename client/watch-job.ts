import { backoffMs } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import { GridError } from '../shared/errors.ts';
import type { IdSource } from '../shared/ids.ts';
import type { JobDocument } from './documents.ts';
import type { RestClient } from './rest-client.ts';

export interface WatchOptions {
  readonly client: RestClient;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly signal?: AbortSignal;
  /** The stream broke; it is opened again. */
  onLost?(reason: string): void;
}

/** A coordinator that restarts is back long before. */
const GIVE_UP_MS = 120_000;
const RECONNECT = { firstMs: 250, maxMs: 5_000 };

/**
 * A job with all its tasks whenever something of it changes, until it has ended: the last one is its end. Goes on over
 * restarts of the coordinator; `unavailable` when it is away for two minutes.
 */
export async function* jobUpdates(jobId: string, options: WatchOptions): AsyncGenerator<JobDocument, void> {
  const { client, clock, ids, signal } = options;
  let lastEventId = '';
  let heardMs = clock.monotonicMs();
  for (let attempt = 0; ; attempt++) {
    let reason = 'the coordinator ended the stream';
    try {
      for await (const { event, data, id } of client.events(jobId, lastEventId)) {
        lastEventId = id;
        [attempt, heardMs] = [0, clock.monotonicMs()];
        if (event !== 'progress' && event !== 'end') continue;
        yield JSON.parse(data) as JobDocument;
        if (event === 'end') return;
      }
    } catch (thrown) {
      const passes = thrown instanceof GridError && thrown.code === 'unavailable';
      if (!passes || clock.monotonicMs() - heardMs > GIVE_UP_MS) throw thrown;
      reason = thrown.message;
    }
    options.onLost?.(reason);
    await clock.sleep(
      backoffMs(attempt, RECONNECT, () => ids.random()),
      signal,
    );
    if (signal?.aborted) throw new GridError('cancelled', 'interrupted');
  }
}

/** Follows a job to its end, and tells each update. Returns its last state. */
export async function watchJob(
  jobId: string,
  options: WatchOptions & { onUpdate(job: JobDocument): void },
): Promise<JobDocument> {
  let last: JobDocument | undefined;
  for await (const job of jobUpdates(jobId, options)) options.onUpdate((last = job));
  if (last === undefined) throw new GridError('internal', `the stream of job ${jobId} told nothing`);
  return last;
}
