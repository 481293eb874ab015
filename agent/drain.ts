import type { Clock, Timer } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import type { LeaseHolder } from './lease-holder.ts';
import type { Link } from './link.ts';

export interface DrainDeps {
  readonly clock: Clock;
  readonly holder: LeaseHolder;
  readonly link: Link;
  readonly logger: Logger;
}

/** Timers of the platform hold 24 days; a drain takes 7 at most. */
const MAX_DEADLINE_MS = 7 * 24 * 3600 * 1000;

/** Gives back whatever is held, unfinished: the coordinator is told and the work is killed. */
export function giveBack({ holder, link }: Pick<DrainDeps, 'holder' | 'link'>, reason: string): void {
  for (const { fence } of holder.all()) {
    link.tell({ $case: 'release', value: { fence, reason } });
    holder.lost(fence, reason);
  }
}

/** A drain that the coordinator ordered (L13): nothing new comes, and at its deadline what is still held is given back. */
export class Drain {
  readonly #deps: DrainDeps;
  #timer: Timer | undefined;

  constructor(deps: DrainDeps) {
    this.#deps = deps;
  }

  /** `deadlineMs` from now; 0: as long as it takes. A newer order takes the place of an older one. */
  begin(reason: string, deadlineMs: number): void {
    const { clock, logger } = this.#deps;
    logger.info({ reason, deadline_ms: deadlineMs }, 'draining: what is held is finished, nothing new comes');
    this.#timer?.cancel();
    this.#timer = undefined;
    if (deadlineMs === 0) return;
    this.#timer = clock.after(Math.min(deadlineMs, MAX_DEADLINE_MS), () => {
      logger.warn({}, 'the deadline of the drain is over: what is still held is given back');
      giveBack(this.#deps, 'the deadline of the drain is over');
    });
  }

  /** A new session forgets the order, too: it is told again where it still stands. */
  undo(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
