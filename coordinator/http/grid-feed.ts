import { GridError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { GridChanges, type GridChangesDeps } from './grid-changes.ts';
import type { GridTick } from './grid-tick.ts';

export interface GridFeedDeps extends GridChangesDeps {
  readonly logger: Logger;
}

/** One who hears of all that changes. Neither call may throw or wait. */
export interface GridWatcher {
  /** From now on every change is told: read all that there is. `grid`: its figures as JSON. */
  greet(grid: string): void;
  take(tick: GridTick, grid: string): void;
}

const TICK_MS = 1_000;
/** Reads take at most this share of the time, and are never further apart than that. */
const READ_SHARE = 0.1;
const MAX_APART_MS = 5_000;
const MAX_WATCHERS = 1_000;

/** What all who watch the whole grid share; while nobody does, nothing is read. */
export class GridFeed {
  readonly #deps: GridFeedDeps;
  readonly #watchers = new Set<GridWatcher>();
  #running: { readonly changes: GridChanges; readonly closed: AbortController } | undefined;

  constructor(deps: GridFeedDeps) {
    this.#deps = deps;
  }

  /** Throws `resource_exhausted` where there are too many already. */
  checkRoom(): void {
    if (this.#watchers.size < MAX_WATCHERS) return;
    throw new GridError('resource_exhausted', `${MAX_WATCHERS} watch the grid already: try again later`);
  }

  /** One more watcher, until `gone` is aborted. */
  join(watcher: GridWatcher, gone: AbortSignal): void {
    if (gone.aborted) return;
    this.#watchers.add(watcher);
    const leave = (): void => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      this.#running?.closed.abort();
      this.#running = undefined;
    };
    gone.addEventListener('abort', leave, { once: true });
    if (this.#running !== undefined) {
      // Not yet begun: it greets all who are there when it is.
      if (this.#running.changes.grid !== '') watcher.greet(this.#running.changes.grid);
      return;
    }
    this.#running = { changes: new GridChanges(this.#deps), closed: new AbortController() };
    void this.#run(this.#running.changes, this.#running.closed.signal);
  }

  async #run(changes: GridChanges, closed: AbortSignal): Promise<void> {
    const { clock, logger } = this.#deps;
    let begun = false;
    while (!closed.aborted) {
      const fromMs = clock.monotonicMs();
      try {
        if (begun) await this.#tick(changes, closed);
        else await this.#begin(changes, closed);
        begun = true;
      } catch (error) {
        // The database is away: what changes meanwhile is told when it is back.
        logger.info({ error: String(error) }, 'the grid could not be read for its watchers');
      }
      const tookMs = clock.monotonicMs() - fromMs;
      await clock.sleep(Math.max(TICK_MS, Math.min(MAX_APART_MS, tookMs / READ_SHARE)), closed);
    }
  }

  async #begin(changes: GridChanges, closed: AbortSignal): Promise<void> {
    await changes.begin();
    if (closed.aborted) return;
    for (const watcher of this.#watchers) watcher.greet(changes.grid);
  }

  async #tick(changes: GridChanges, closed: AbortSignal): Promise<void> {
    const tick = await changes.next();
    if (closed.aborted) return;
    for (const watcher of this.#watchers) watcher.take(tick, changes.grid);
  }
}
