import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import { GridError } from '../../shared/errors.ts';
import { ownerFilter } from '../domain/account.ts';
import type { LogChange } from '../grid/face.ts';
import { requireScope, type ApiDeps } from './context.ts';
import { endWhenRevoked } from './end-when-revoked.ts';
import { eventBytes, EventStream } from './event-stream.ts';
import { param } from './param.ts';
import { readQuery } from './read-body.ts';
import { logQuery } from './schemas.ts';

/** Followers on this process (L9): each asks the database twice a second. */
const MAX_FOLLOWERS = 200;
const STILL = Buffer.from(': still\n\n');

function bytesOf(change: LogChange): Buffer {
  if (change.type === 'still') return STILL;
  const { type: event, ...data } = change;
  return eventBytes({ event, json: JSON.stringify(data) });
}

/** What the tools of a task print. */
export function taskLogRoutes(router: Router, deps: ApiDeps): void {
  const { logs } = deps.grid;
  let followers = 0;

  async function follow(
    stream: EventStream,
    first: LogChange,
    rest: AsyncIterable<LogChange>,
  ): Promise<void> {
    try {
      await stream.send(bytesOf(first));
      for await (const change of rest) await stream.send(bytesOf(change));
    } catch (error) {
      deps.logger.info({ error: String(error) }, 'the following of a task ended');
    } finally {
      stream.end();
    }
  }

  async function startToFollow(ctx: RouterContext, query: { taskId: string; ownerId: string | undefined }) {
    const gone = new AbortController();
    const changes = logs.follow(query.taskId, { ownerId: query.ownerId, signal: gone.signal });
    // Whether there is such a task is to be known before the stream begins.
    const first = await changes[Symbol.asyncIterator]().next();
    if (first.done || ctx.res.destroyed) return undefined;
    const stream = new EventStream(ctx, deps.clock);
    stream.gone.addEventListener('abort', () => gone.abort(), { once: true });
    void endWhenRevoked(ctx, deps, stream);
    return () => follow(stream, first.value, changes);
  }

  router.get('/tasks/:id/log', async (ctx) => {
    const principal = await requireScope(deps, ctx, 'read');
    const ownerId = ownerFilter(principal);
    const taskId = param(ctx, 'id');
    const query = readQuery(ctx, logQuery);
    if (query.follow) {
      if (followers >= MAX_FOLLOWERS) {
        const message = `${MAX_FOLLOWERS} tasks are followed on this coordinator, and no more may be: read without follow`;
        throw new GridError('resource_exhausted', message);
      }
      // Counted before the first read: many may ask at once.
      followers++;
      let started: (() => Promise<void>) | undefined;
      try {
        started = await startToFollow(ctx, { taskId, ownerId });
      } finally {
        if (started === undefined) followers--;
      }
      void started?.().finally(() => followers--);
      return;
    }
    const log = await logs.read(taskId, {
      ownerId,
      ...(query.attempt === undefined ? {} : { attempt: query.attempt }),
    });
    ctx.type = 'text/plain; charset=utf-8';
    ctx.set({
      'Cache-Control': 'no-store',
      'X-Clipgrid-Attempt': String(log.attempt),
      'X-Clipgrid-Attempts': log.attempts.join(','),
      'X-Clipgrid-Task-State': log.state,
    });
    ctx.body = log.text;
  });
}
