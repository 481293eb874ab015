import type { Context } from 'koa';
import { GridError } from '../../shared/errors.ts';
import type { GridEvent, JobView } from '../grid/face.ts';
import type { ApiDeps } from './context.ts';
import { EventStream } from './event-stream.ts';
import { jobView, taskView } from './views.ts';

const ENDED = new Set(['succeeded', 'failed', 'cancelled']);
const PROGRESS_MS = 1_000;
/** How long the end waits for another event before it: they are readable only when older transactions have ended. */
const LAST_EVENTS_MS = 1_000;

/**
 * Server-sent events of one job: `progress` (a snapshot, every second), each event of the grid under its type with its
 * sequence number as id, and `end` when the job has ended. Last-Event-ID goes on after that event.
 */
export function sendJobEvents(ctx: Context, deps: ApiDeps, job: JobView): void {
  const afterSequence = lastEventId(ctx);
  const watch = new JobWatch(deps, new EventStream(ctx, deps.clock), job.jobId);
  void watch.run(afterSequence);
}

function lastEventId(ctx: Context): number {
  const text = ctx.get('last-event-id');
  if (text === '') return 0;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const details = { field: 'Last-Event-ID', value: text };
  const message = `Last-Event-ID is ${JSON.stringify(text)}: send the id of an event of this stream`;
  throw new GridError('invalid_argument', message, { details });
}

class JobWatch {
  readonly #deps: ApiDeps;
  readonly #stream: EventStream;
  readonly #jobId: string;
  /** Aborted when the state that the job ended in has come by as an event. */
  readonly #told = new AbortController();
  /** The state that the job is known to have ended in, and the last one that came by as an event. */
  #endState: string | undefined;
  #toldState: unknown;
  #events = 0;

  constructor(deps: ApiDeps, stream: EventStream, jobId: string) {
    this.#deps = deps;
    this.#stream = stream;
    this.#jobId = jobId;
  }

  async run(afterSequence: number): Promise<void> {
    const results = await Promise.allSettled([this.#sendProgress(), this.#sendEvents(afterSequence)]);
    for (const result of results) {
      if (result.status === 'rejected')
        this.#deps.logger.info({ error: String(result.reason) }, 'a watch ended');
    }
  }

  async #sendProgress(): Promise<void> {
    const { clock } = this.#deps;
    const { gone } = this.#stream;
    try {
      while (!gone.aborted) {
        const snapshot = await this.#snapshot();
        if (ENDED.has(snapshot.state)) return await this.#sendEnd(snapshot);
        // Who is behind gets the next snapshot, not each that he missed.
        if (this.#stream.idle) await this.#stream.send({ event: 'progress', data: snapshot });
        await clock.sleep(PROGRESS_MS, gone);
      }
    } finally {
      this.#stream.end();
    }
  }

  async #snapshot() {
    const { jobs } = this.#deps.grid;
    const [job, tasks, waiting] = await Promise.all([
      jobs.get(this.#jobId),
      jobs.tasks(this.#jobId),
      jobs.explainJob(this.#jobId),
    ]);
    return { ...jobView(job), tasks: tasks.map(taskView), waiting };
  }

  async #sendEnd(snapshot: { readonly state: string }): Promise<void> {
    this.#endState = snapshot.state;
    if (this.#toldState === snapshot.state) this.#told.abort();
    const { gone } = this.#stream;
    const enough = AbortSignal.any([gone, this.#told.signal]);
    let before = -1;
    while (!enough.aborted && this.#events !== before) {
      before = this.#events;
      await this.#deps.clock.sleep(LAST_EVENTS_MS, enough);
    }
    await this.#stream.send({ event: 'end', data: snapshot });
  }

  async #sendEvents(afterSequence: number): Promise<void> {
    const { gone } = this.#stream;
    const filter = { jobId: this.#jobId, afterSequence };
    for await (const event of this.#deps.grid.events.watch(filter, gone)) {
      await this.#stream.send({ event: event.type, id: event.sequence, data: eventView(event) });
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
