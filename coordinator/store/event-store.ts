import type { GridEvent, HistoryEvent, HistoryQuery, Page } from '../grid/face.ts';

export interface EventQuery {
  readonly afterSequence: number;
  readonly jobId?: string;
  readonly ownerId?: string;
  readonly limit: number;
}

export interface EventStore {
  head(): Promise<number>;
  /** In order, without gaps: rows of transactions that may still commit earlier ones are held back. */
  after(query: EventQuery): Promise<GridEvent[]>;
  /** Of one job, newest first. */
  history(query: HistoryQuery): Promise<Page<HistoryEvent>>;
  /** Removes events older than that. */
  prune(olderThanMs: number): Promise<void>;
  /** For an event that belongs to no other transaction, such as an agent's coming and going. */
  say(event: { type: string; agentId: string }): Promise<void>;
}
