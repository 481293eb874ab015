import type { Hardware, Load, Tool } from '../../shared/gen/clipgrid/v1/session.ts';

export type AgentState = 'online' | 'draining' | 'offline';

/** An order to drain (L13); without `leftS`: as long as it takes. */
export interface DrainOrder {
  readonly leftS?: number;
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
  readonly load?: Load;
  /** While it drains with a deadline: seconds until what it still holds is taken back, at least 1. */
  readonly drainLeftS?: number;
  readonly connectedAt: Date;
  readonly lastSeenAt: Date;
}
