import type { Clock } from '../../shared/clock.ts';
import type { EventStore } from '../store/event-store.ts';
import type { EventsFace, GridEvent } from './face.ts';
import type { Wake } from './wake.ts';

export interface EventsDeps {
  readonly events: EventStore;
  readonly wake: Wake;
  readonly clock: Clock;
  readonly pollMs: number;
}

const BATCH = 500;

/** Events for watchers: from the database, so that they are the same on every coordinator. */
export function createEvents({ events, wake, clock, pollMs }: EventsDeps): EventsFace {
  return {
    head: () => events.head(),
    after: (filter, limit) => events.after({ ...filter, limit }),
    history: (query) => events.history(query),
    async *watch(filter, signal): AsyncIterable<GridEvent> {
      let afterSequence = filter.afterSequence;
      let seen = -1;
      while (!signal.aborted) {
        const batch = await events.after({ ...filter, afterSequence, limit: BATCH });
        for (const event of batch) {
          afterSequence = event.sequence;
          yield event;
        }
        if (batch.length === BATCH) continue;
        seen = await wake.wait(wake.generation === seen ? seen : wake.generation, { clock, pollMs, signal });
      }
    },
  };
}
