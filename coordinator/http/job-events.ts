import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import { assert } from '../../shared/errors.ts';
import type { JobView } from '../grid/face.ts';
import type { ApiDeps } from './context.ts';
import { jobView, taskView } from './views.ts';

const ENDED = new Set(['succeeded', 'failed', 'cancelled']);
const PROGRESS_MS = 1_000;
/** A watcher that does not read is let go: it can come back with Last-Event-ID (L9). */
const MAX_BUFFERED_BYTES = 1024 * 1024;

interface Message {
  readonly event: string;
  readonly data: unknown;
  readonly id?: number;
}

/** One message of the WHATWG server-sent events format. */
function format({ event, data, id }: Message): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Server-sent events of one job: `progress` (a snapshot, every second), each event of the grid under its type with its
 * sequence number as id, and `end` when the job has ended. Last-Event-ID goes on after that event.
 */
export async function sendJobEvents(ctx: Context, deps: ApiDeps, job: JobView): Promise<void> {
  const afterSequence = Number(ctx.get('last-event-id') || 0);
  const gone = new AbortController();
  const stream = new PassThrough();
  ctx.req.on('close', () => gone.abort());
  stream.on('close', () => gone.abort());
  ctx.status = 200;
  ctx.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  ctx.type = 'text/event-stream; charset=utf-8';
  ctx.body = stream;
  const send = (message: Message): void => {
    if (stream.writableLength > MAX_BUFFERED_BYTES) return gone.abort();
    stream.write(format(message));
  };
  const work = [
    watchProgress(deps, job.jobId, { send, gone }),
    watchEvents(
      deps,
      { jobId: job.jobId, afterSequence: Number.isInteger(afterSequence) ? afterSequence : 0 },
      { send, gone },
    ),
  ];
  void Promise.allSettled(work).then((results) => {
    for (const result of results) {
      if (result.status === 'rejected') deps.logger.info({ error: String(result.reason) }, 'a watch ended');
    }
    stream.end();
  });
}

interface Outlet {
  readonly send: (message: Message) => void;
  readonly gone: AbortController;
}

async function watchProgress(deps: ApiDeps, jobId: string, { send, gone }: Outlet): Promise<void> {
  try {
    while (!gone.signal.aborted) {
      const [job, tasks] = await Promise.all([deps.grid.jobs.get(jobId), deps.grid.jobs.tasks(jobId)]);
      const waiting = await deps.grid.jobs.explainJob(jobId);
      const data = { ...jobView(job), tasks: tasks.map(taskView), waiting };
      const over = ENDED.has(job.state);
      send({ event: over ? 'end' : 'progress', data });
      if (over) return;
      await deps.clock.sleep(PROGRESS_MS, gone.signal);
    }
  } finally {
    gone.abort();
  }
}

async function watchEvents(
  { grid }: ApiDeps,
  filter: { jobId: string; afterSequence: number },
  { send, gone }: Outlet,
): Promise<void> {
  assert(filter.afterSequence >= 0, 'sequence numbers are not negative');
  for await (const { sequence, at, type, taskId, agentId, data } of grid.events.watch(filter, gone.signal)) {
    const said = {
      sequence,
      at: at.toISOString(),
      type,
      task_id: taskId ?? null,
      agent_id: agentId ?? null,
      ...data,
    };
    send({ event: type, id: sequence, data: said });
  }
}
