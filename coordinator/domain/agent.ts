import { GridError } from '../../shared/errors.ts';
import type { Hardware, Load, Tool } from '../../shared/gen/clipgrid/v1/session.ts';

export const AGENT_STATES = ['online', 'draining', 'offline', 'revoked'] as const;
/** `revoked` is for ever, whatever it was before. */
export type AgentState = (typeof AGENT_STATES)[number];

/** Whether it is there, at work or about to leave. */
export function isThere({ state }: { readonly state: AgentState }): boolean {
  return state === 'online' || state === 'draining';
}

/** An order to drain (L13); without `leftS`: as long as it takes. */
export interface DrainOrder {
  readonly leftS?: number;
}

/** Where a Hello stands among those of its agent, whenever it arrives. */
export interface HelloOrder {
  /** Rises with each start of the agent's program. */
  readonly start: number;
  /** One start of it: `connection` rises with each of its Hellos. */
  readonly incarnation: string;
  readonly connection: number;
}

/** L8: whether a Hello was said before another one of its agent. Which of two programs on one folder is newer nobody knows. */
export function isOlder(hello: HelloOrder, known: HelloOrder): boolean {
  if (hello.start !== known.start) return hello.start < known.start;
  return hello.incarnation === known.incarnation && hello.connection < known.connection;
}

/** Nobody of that id was ever seen or enrolled. */
export function noAgent(agentId: string): GridError {
  return new GridError('not_found', `there is no agent ${agentId}`, {
    details: { field: 'agent_id', value: agentId },
  });
}

/** Why a Hello is refused that came late. */
export function tookOver(agentId: string): GridError {
  const message =
    `a later session of the agent ${agentId} took over: ` +
    'if two agents run, give each a data folder of its own, that is not a copy of the other one';
  return new GridError('failed_precondition', message, { details: { field: 'agent_id', value: agentId } });
}

/** The owner of the machine needs it: the agent gets nothing new, and what it holds stands still. */
export interface AgentPause {
  readonly reason: string;
  readonly since: Date;
}

/** An agent as people and the placement see it. */
export interface AgentView {
  readonly agentId: string;
  readonly name: string;
  readonly state: AgentState;
  readonly version: string;
  readonly hardware: Hardware;
  readonly tools: readonly Tool[];
  readonly capabilities: readonly string[];
  readonly lacks: readonly string[];
  readonly slots: number;
  readonly leases: number;
  /** Frames a second of all that it works on. */
  readonly fps: number;
  readonly load?: Load;
  /** While it drains with a deadline: seconds until what it still holds is taken back, at least 1. */
  readonly drainLeftS?: number;
  /** Its state stays online: it is there, and holds what it holds. */
  readonly pause?: AgentPause;
  readonly connectedAt: Date;
  readonly lastSeenAt: Date;
}
