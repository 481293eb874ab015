import type { Capacity } from '../domain/placement.ts';
import type { Fence, TaskKind } from '../domain/task.ts';
import type { SessionSink } from './agent-gateway.ts';

/** A lease as this process remembers it; only the database says whether it still holds. */
export interface HeldLease {
  readonly fence: Fence;
  readonly jobId: string;
  readonly kind: TaskKind;
  readonly clipIndex: number;
  /** Frames that an encode must be given; 0 for other kinds. */
  readonly inputFrames: number;
  readonly sinceMs: number;
}

/** An agent's session on this process. */
export interface LocalSession {
  readonly sessionId: string;
  readonly agentId: string;
  readonly capabilities: ReadonlySet<string>;
  readonly slots: number;
  readonly sink: SessionSink;
  readonly held: Map<string, HeldLease>;
  /** As the database says: an administrator asked for it. */
  draining: boolean;
  /** The agent said itself that it wants to leave. */
  leaving: boolean;
}

/** The sessions that end on this process. */
export class SessionRegistry {
  readonly #sessions = new Map<string, LocalSession>();

  add(session: LocalSession): void {
    for (const other of this.#sessions.values()) {
      if (other.agentId === session.agentId) this.supersede(other.sessionId);
    }
    this.#sessions.set(session.sessionId, session);
  }

  /** L8: ends a session that a newer one replaced. */
  supersede(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.#sessions.delete(sessionId);
    session.sink.end('a newer session of this agent took over', false);
  }

  get(sessionId: string): LocalSession | undefined {
    return this.#sessions.get(sessionId);
  }

  remove(sessionId: string): boolean {
    return this.#sessions.delete(sessionId);
  }

  all(): LocalSession[] {
    return [...this.#sessions.values()];
  }

  /** What may be granted now: sessions that take work and have a free slot. */
  capacities(): Capacity[] {
    const capacities: Capacity[] = [];
    for (const session of this.#sessions.values()) {
      const { sessionId, agentId, capabilities, slots, held, draining, leaving } = session;
      const freeSlots = slots - held.size;
      if (!draining && !leaving && freeSlots > 0)
        capacities.push({ sessionId, agentId, capabilities, freeSlots });
    }
    return capacities;
  }
}
