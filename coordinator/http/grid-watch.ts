import type { Context } from 'koa';
import type { ApiDeps } from './context.ts';
import { endWhenRevoked } from './end-when-revoked.ts';
import { eventBytes, EventStream } from './event-stream.ts';
import type { GridFeed, GridWatcher } from './grid-feed.ts';
import type { GridTick } from './grid-tick.ts';

/**
 * Server-sent events of the whole grid. `hello` has the grid's figures and says: all that changes from here on is told, so read
 * the lists now. It comes first, and again after whatever could not be told to a reader that is slow. `jobs` and `agents` have what
 * is new or different and what is gone; of a known agent only the fields that are different. `grid` has the figures.
 */
export function watchGrid(
  ctx: Context,
  deps: ApiDeps,
  { feed, ownerId }: { feed: GridFeed; ownerId: string | undefined },
): void {
  feed.checkRoom();
  const stream = new EventStream(ctx, deps.clock);
  void endWhenRevoked(ctx, deps, stream);
  feed.join(new GridWatch(stream, ownerId), stream.gone);
}

/** Keeps nothing for a reader that is behind: one message at most is on its way. */
export class GridWatch implements GridWatcher {
  readonly #stream: Pick<EventStream, 'idle' | 'send'>;
  readonly #ownerId: string | undefined;
  #behind = true;

  constructor(stream: Pick<EventStream, 'idle' | 'send'>, ownerId: string | undefined) {
    this.#stream = stream;
    this.#ownerId = ownerId;
  }

  greet(grid: string): void {
    if (!this.#stream.idle) return;
    this.#behind = false;
    void this.#stream.send(eventBytes({ event: 'hello', json: grid }));
  }

  take(tick: GridTick, grid: string): void {
    if (!this.#stream.idle || tick.lost) this.#behind = true;
    if (this.#behind) return this.greet(grid);
    const bytes = tick.for(this.#ownerId);
    if (bytes.length > 0) void this.#stream.send(bytes);
  }
}
