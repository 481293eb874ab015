import type { DrainNotice } from '../../shared/gen/clipgrid/v1/session.ts';
import { isOlder, type DrainOrder, type HelloOrder } from '../domain/agent.ts';
import type { Capacity } from '../domain/placement.ts';
import type { Fence, TaskKind } from '../domain/task.ts';
import type { LeaseContext } from '../store/lease-store.ts';
import type { SessionSink } from './agent-gateway.ts';

/** A lease as this process remembers it; only the database says whether it still holds. */
export interface HeldLease {
  readonly fence: Fence;
  readonly jobId: string;
  readonly kind: TaskKind;
  readonly clipIndex: number;
  /** W3C traceparent of the job's submission; empty: it is not traced. */
  readonly traceparent: string;
  /** Frames that an encode must be given; 0 for other kinds. */
  readonly inputFrames: number;
  readonly sinceMs: number;
  /** Leases with the same one are in one slot. */
  readonly slot: string;
  /** Since when the agent's heartbeats have not named it; undefined: its last heartbeat did. */
  unnamedSinceMs?: number | undefined;
}

/**
 * The lease of a task, held since `sinceMs` on the monotonic clock. Without `slot` it has one of its own; so also where a new
 * session does not know any more which shared one: then the agent gets less until they end.
 */
export function heldLease(
  fence: Fence,
  { jobId, kind, clipIndex, spec, traceparent }: Omit<LeaseContext, 'agentId' | 'jobSpec'>,
  { sinceMs, slot = fence.leaseId }: { sinceMs: number; slot?: string },
): HeldLease {
  const range = spec.kind?.$case === 'encode' ? spec.kind.value.range : undefined;
  const inputFrames = range ? range.endFrame - range.startFrame : 0;
  return { fence, jobId, kind, clipIndex, traceparent, inputFrames, sinceMs, slot };
}

/** An agent's session on this process. */
export interface LocalSession {
  readonly sessionId: string;
  readonly agentId: string;
  readonly order: HelloOrder;
  readonly capabilities: ReadonlySet<string>;
  readonly slots: number;
  readonly sink: SessionSink;
  readonly held: Map<string, HeldLease>;
  /** Lease ids whose commit is with the database, or whose answer is not sent yet: no heartbeat may call them lost. */
  readonly committing: Set<string>;
  /** When its Hello or its last heartbeat came, on the monotonic clock. */
  heardMs: number;
  /** By order of an administrator, over all sessions of the agent (L13). */
  draining: boolean;
  /** By the agent's own wish, for the rest of this session. */
  leaving: boolean;
  /** The owner of its machine needs it: by its last word, Hello or heartbeat. */
  paused: boolean;
}

/** This lease is over. Another lease of its task, that this session was granted since, is not. */
export function dropHeld({ held }: LocalSession, { taskId, leaseId }: Fence): void {
  if (held.get(taskId)?.fence.leaseId === leaseId) held.delete(taskId);
}

/**
 * Slots that may be granted now. `oldestMs` is one ttl ago: an agent that let a lease run out gets nothing before it is
 * heard again, though its stream is open.
 */
export function freeSlots(session: LocalSession, oldestMs: number): number {
  const { slots, held, draining, leaving, paused } = session;
  return draining || leaving || paused || isGone(session, oldestMs)
    ? 0
    : Math.max(0, slots - takenSlots(held));
}

function takenSlots(held: LocalSession['held']): number {
  // Nearly always: thousands of agents are asked in each round.
  if (held.size < 2) return held.size;
  return new Set([...held.values()].map(({ slot }) => slot)).size;
}

function isGone({ held, heardMs }: LocalSession, oldestMs: number): boolean {
  return heardMs < oldestMs && [...held.values()].some((lease) => lease.sinceMs < oldestMs);
}

/** The notice of an order to drain, or of its end. */
export function drainNotice(order: DrainOrder | undefined): DrainNotice {
  if (order === undefined) return { reason: 'the drain was taken back', deadlineSeconds: 0, undo: true };
  return { reason: 'an administrator asked for it', deadlineSeconds: order.leftS ?? 0, undo: false };
}

/** Makes an order known to a session and its agent. */
export function applyDrain(session: LocalSession, order: DrainOrder | undefined): void {
  session.draining = order !== undefined;
  session.sink.send({ $case: 'drain', value: drainNotice(order) });
}

/** Kinds of agents that are remembered beyond those that are connected. */
const SPARE_KINDS = 64;

/** The sessions that end on this process. */
export class SessionRegistry {
  readonly #sessions = new Map<string, LocalSession>();
  readonly #byAgent = new Map<string, LocalSession>();
  readonly #kinds = new Map<string, ReadonlySet<string>>();

  /** The set of these capabilities, the same one for all agents that have the same: placement groups agents by it. */
  capabilitySet(capabilities: readonly string[]): ReadonlySet<string> {
    const key = capabilities.toSorted().join('\n');
    const known = this.#kinds.get(key);
    if (known) return known;
    if (this.#kinds.size > this.#sessions.size + SPARE_KINDS) this.#kinds.clear();
    const kind = new Set(capabilities);
    this.#kinds.set(key, kind);
    return kind;
  }

  /** L8: the agent's older session is ended. False, and nothing done: a newer one is here. */
  add(session: LocalSession): boolean {
    const other = this.#byAgent.get(session.agentId);
    if (other && isOlder(session.order, other.order)) return false;
    if (other) this.supersede(other.sessionId);
    this.#sessions.set(session.sessionId, session);
    this.#byAgent.set(session.agentId, session);
    return true;
  }

  /** L8: ends a session that a newer one replaced. */
  supersede(sessionId: string): void {
    this.#end(sessionId, 'a newer session of this agent took over');
  }

  /** Ends the session of an agent that an administrator revoked. */
  revoke(sessionId: string): void {
    this.#end(sessionId, 'this agent was revoked by an administrator');
  }

  #end(sessionId: string, reason: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.remove(sessionId);
    session.sink.end(reason, false);
  }

  get(sessionId: string): LocalSession | undefined {
    return this.#sessions.get(sessionId);
  }

  remove(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.#sessions.delete(sessionId);
    if (this.#byAgent.get(session.agentId) === session) this.#byAgent.delete(session.agentId);
  }

  all(): LocalSession[] {
    return [...this.#sessions.values()];
  }

  /** What may be granted now: sessions that take work and have a free slot (see `freeSlots`). */
  capacities(oldestMs: number): Capacity[] {
    const capacities: Capacity[] = [];
    for (const session of this.#sessions.values()) {
      const { sessionId, agentId, capabilities } = session;
      const slots = freeSlots(session, oldestMs);
      if (slots > 0) capacities.push({ sessionId, agentId, capabilities, freeSlots: slots });
    }
    return capacities;
  }
}
