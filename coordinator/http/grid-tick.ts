import { eventBytes } from './event-stream.ts';

/** Something of one owner, as JSON. */
export interface OwnedJson {
  readonly ownerId: string | undefined;
  readonly json: string;
}

export interface TickParts {
  readonly jobs: readonly OwnedJson[];
  /** Ids, as JSON. */
  readonly removedJobs: readonly OwnedJson[];
  readonly agents: readonly string[];
  readonly removedAgents: readonly string[];
  /** The grid's figures, when they are to be told. */
  readonly grid?: string;
  /** More has changed than can be told: watchers must read all anew. */
  readonly lost: boolean;
}

/** What changed in one moment, made into bytes once for all who may see the same of it. */
export class GridTick {
  readonly lost: boolean;
  readonly #parts: TickParts;
  readonly #bytes = new Map<string | undefined, Buffer>();

  constructor(parts: TickParts) {
    this.#parts = parts;
    this.lost = parts.lost;
  }

  /** Server-sent events for whoever sees that owner's jobs, undefined: everybody's. Empty: nothing to tell. */
  for(ownerId: string | undefined): Buffer {
    const bytes = this.#bytes.get(ownerId) ?? this.#render(ownerId);
    this.#bytes.set(ownerId, bytes);
    return bytes;
  }

  #render(ownerId: string | undefined): Buffer {
    const { jobs, removedJobs, agents, removedAgents, grid } = this.#parts;
    const visible = (all: readonly OwnedJson[]): string[] =>
      all.filter((one) => ownerId === undefined || one.ownerId === ownerId).map((one) => one.json);
    return Buffer.concat([
      listEvent('jobs', visible(jobs), visible(removedJobs)),
      listEvent('agents', agents, removedAgents),
      ...(grid === undefined ? [] : [eventBytes({ event: 'grid', json: grid })]),
    ]);
  }
}

function listEvent(event: string, changed: readonly string[], removed: readonly string[]): Buffer {
  if (changed.length + removed.length === 0) return Buffer.alloc(0);
  const json = `{"${event}":[${changed.join(',')}],"removed":[${removed.join(',')}]}`;
  return eventBytes({ event, json });
}
