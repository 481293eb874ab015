import type { Context } from 'koa';
import { isRefusal } from '../domain/account.ts';
import { requireScope, type ApiDeps } from './context.ts';
import type { EventStream } from './event-stream.ts';

/** A stream lasts for days: who may no longer read is still told things for at most so long. */
const ASK_AGAIN_MS = 20_000;

/** Ends a stream once the token that it was opened with is no longer good for it. Resolves when the stream has ended. */
export async function endWhenRevoked(
  ctx: Context,
  deps: ApiDeps,
  stream: Pick<EventStream, 'gone' | 'end'>,
): Promise<void> {
  if (deps.auth === 'none') return;
  while (!stream.gone.aborted) {
    await deps.clock.sleep(ASK_AGAIN_MS, stream.gone);
    if (stream.gone.aborted) return;
    try {
      await requireScope(deps, ctx, 'read');
    } catch (thrown) {
      // While the database is away nobody is refused.
      if (isRefusal(thrown)) stream.end();
    }
  }
}
