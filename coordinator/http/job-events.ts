import type { Context } from 'koa';
import { GridError } from '../../shared/errors.ts';
import type { GridEvent, JobView } from '../grid/face.ts';
import type { ApiDeps } from './context.ts';
import { endWhenRevoked } from './end-when-revoked.ts';
import { eventBytes, EventStream } from './event-stream.ts';
import { readQuery } from './read-body.ts';
import { watchQuery } from './schemas.ts';
import { jobView } from './views.ts';
import type { JobFeed, JobFeeds, JobSnapshot } from './job-feed.ts';

const ENDED = new Set(['succeeded', 'failed', 'cancelled']);
/** A snapshot is told again after so long without a change: proxies end connections on which nothing comes. */
const AGAIN_MS = 15_000;
/** How long the end waits for another event before it: they are readable only when older transactions have ended. */
const LAST_EVENTS_MS = 1_000;

/**
 * Server-sent events of one job: `progress` (a snapshot at the start and after changes, at most one a second), each event of the grid under its type with its
 * sequence number as id, and `end` when the job has ended. Last-Event-ID goes on after that event.
 *
 * With `changes`, for jobs of thousands of clips: after the first `progress` come `change`s with only the tasks that are not as
 * they were, and only events of the grid from now on. Before all comes a `head`, the job without its tasks: to read thousands
 * takes a moment.
 */
export async function sendJobEvents(
  ctx: Context,
  deps: ApiDeps & { feeds: JobFeeds },
  job: JobView,
): Promise<void> {
  const { changes } = readQuery(ctx, watchQuery);
  const afterSequence = lastEventId(ctx) ?? (changes ? await deps.grid.events.head() : 0);
  const stream = new EventStream(ctx, deps.clock);
  void endWhenRevoked(ctx, deps, stream);
  const feed = deps.feeds.join(job.jobId, stream.gone);
  const watch = new JobWatch({ deps, stream, feed }, { jobId: job.jobId, changes });
  // As it was a moment ago; why it waits comes with the tasks.
  const json = JSON.stringify({ ...jobView(job), waiting: '', tasks: [] });
  // Not waited for: a script may be more than a stream holds, and nothing is read before this function has returned.
  void watch.run(afterSequence, changes ? eventBytes({ event: 'head', json }) : undefined);
}

function lastEventId(ctx: Context): number | undefined {
  const text = ctx.get('last-event-id');
  if (text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const details = { field: 'Last-Event-ID', value: text };
  const message = `Last-Event-ID is ${JSON.stringify(text)}: send the id of an event of this stream`;
  throw new GridError('invalid_argument', message, { details });
}

class JobWatch {
  readonly #deps: ApiDeps;
  readonly #stream: EventStream;
  readonly #feed: JobFeed;
  readonly #jobId: string;
  readonly #changes: boolean;
  /** Aborted when the state that the job ended in has come by as an event. */
  readonly #told = new AbortController();
  /** The state that the job is known to have ended in, and the last one that came by as an event. */
  #endState: string | undefined;
  #toldState: unknown;
  #events = 0;

  constructor(
    on: { deps: ApiDeps; stream: EventStream; feed: JobFeed },
    what: { readonly jobId: string; readonly changes: boolean },
  ) {
    this.#deps = on.deps;
    this.#stream = on.stream;
    this.#feed = on.feed;
    this.#jobId = what.jobId;
    this.#changes = what.changes;
  }

  async run(afterSequence: number, head: Buffer | undefined): Promise<void> {
    if (head) await this.#stream.send(head);
    const results = await Promise.allSettled([this.#sendProgress(), this.#sendEvents(afterSequence)]);
    for (const result of results) {
      if (result.status === 'rejected')
        this.#deps.logger.info({ error: String(result.reason) }, 'a watch ended');
    }
  }

  async #sendProgress(): Promise<void> {
    const { clock } = this.#deps;
    try {
      let sent: JobSnapshot | undefined;
      let sentMs = 0;
      let snapshot: JobSnapshot | undefined = await this.#feed.now();
      while (snapshot !== undefined && !this.#stream.gone.aborted) {
        if (ENDED.has(snapshot.state)) return await this.#sendEnd(snapshot, sent);
        const due = snapshot !== sent || clock.monotonicMs() - sentMs >= AGAIN_MS;
        // Who is behind gets the next snapshot, not each that he missed.
        if (due && this.#stream.idle) {
          await this.#stream.send(this.#progress(snapshot, sent));
          [sent, sentMs] = [snapshot, clock.monotonicMs()];
        }
        snapshot = await this.#feed.later();
      }
    } finally {
      this.#stream.end();
    }
  }

  #progress(snapshot: JobSnapshot, sent: JobSnapshot | undefined): Buffer {
    return this.#changes && sent !== undefined ? snapshot.since(sent) : snapshot.as('progress');
  }

  async #sendEnd(snapshot: JobSnapshot, sent: JobSnapshot | undefined): Promise<void> {
    // Without waiting for the last events: who looks at a job that ended long ago wants to see it.
    if (this.#changes) await this.#stream.send(this.#progress(snapshot, sent));
    this.#endState = snapshot.state;
    if (this.#toldState === snapshot.state) this.#told.abort();
    const { gone } = this.#stream;
    const enough = AbortSignal.any([gone, this.#told.signal]);
    let before = -1;
    while (!enough.aborted && this.#events !== before) {
      before = this.#events;
      await this.#deps.clock.sleep(LAST_EVENTS_MS, enough);
    }
    await this.#stream.send(this.#changes ? snapshot.bareEnd() : snapshot.as('end'));
  }

  async #sendEvents(afterSequence: number): Promise<void> {
    const { gone } = this.#stream;
    const filter = { jobId: this.#jobId, afterSequence };
    for await (const event of this.#deps.grid.events.watch(filter, gone)) {
      const json = JSON.stringify(eventView(event));
      await this.#stream.send(eventBytes({ event: event.type, id: event.sequence, json }));
      this.#events++;
      if (event.type === 'job.state') this.#toldState = event.data['state'];
      if (this.#endState !== undefined && this.#toldState === this.#endState) this.#told.abort();
    }
  }
}

function eventView({ sequence, at, type, taskId, agentId, data }: GridEvent) {
  return {
    sequence,
    at: at.toISOString(),
    type,
    task_id: taskId ?? null,
    agent_id: agentId ?? null,
    ...data,
  };
}
