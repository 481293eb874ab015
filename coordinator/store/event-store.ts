import type { GridEvent, HistoryEvent, HistoryQuery, Page } from '../grid/face.ts';

export interface EventQuery {
  /** The number of an event: its place, not a bound (see `GridEvent.sequence`). 0: from the first one that is kept. */
  readonly afterSequence: number;
  readonly jobId?: string;
  readonly ownerId?: string;
  readonly limit: number;
}

export interface EventStore {
  /** The number of the event that `after` tells last; 0: there is none. */
  head(): Promise<number>;
  /**
   * In the order of settling, each once, none missed: events of transactions that may still commit earlier ones are held back.
   * When the event of `afterSequence` has been pruned, on from the next number that is kept.
   */
  after(query: EventQuery): Promise<GridEvent[]>;
  /** Of one job, newest first. */
  history(query: HistoryQuery): Promise<Page<HistoryEvent>>;
  /** Removes events older than that. */
  prune(olderThanMs: number): Promise<void>;
  /** For an event that belongs to no other transaction, such as an agent's coming and going. */
  say(event: { type: string; agentId: string }): Promise<void>;
}
