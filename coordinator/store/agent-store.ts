import type { Hello, Load, Pause } from '../../shared/gen/clipgrid/v1/session.ts';
import type { AgentView, DrainOrder } from '../domain/agent.ts';

export interface Registration {
  readonly hello: Hello;
  readonly sessionId: string;
  readonly coordinatorId: string;
}

/** What a heartbeat tells of its agent. */
export interface Beat {
  readonly agentId: string;
  readonly sessionId: string;
  readonly load: Load | undefined;
  /** Undefined: it works. */
  readonly pause?: Pause | undefined;
}

export interface AgentStore {
  /**
   * L8: the newer session wins; the older one's coordinator hears of it by notification. Newer is what the agent said
   * later, not what arrived later: a late Hello is `failed_precondition`. Tells whether the agent is to drain, and whether
   * another process of it was known before.
   */
  register(registration: Registration): Promise<{ drain?: DrainOrder; restarted: boolean }>;
  /** Only if the session is still the agent's. */
  disconnect(agentId: string, sessionId: string): Promise<void>;
  /**
   * Loads and pauses of one tick; a pause lasts since the first beat that told of one. Tells of each session that is still the agent's whether it is to drain; a session that is missing
   * in the answer was superseded. An agent that was silent for long is online again.
   */
  seen(beats: readonly Beat[]): Promise<ReadonlyMap<string, { readonly drain?: DrainOrder }>>;
  /** L13: over all sessions, until `undrain`. `deadlineS` 0: as long as it takes. Its coordinator hears of it by notification. */
  drain(agentId: string, deadlineS: number): Promise<void>;
  undrain(agentId: string): Promise<void>;
  /** The agent itself wants to leave: it drains for the rest of this session. */
  leaving(agentId: string, sessionId: string): Promise<void>;
  list(): Promise<AgentView[]>;
  get(agentId: string): Promise<AgentView>;
  /**
   * Agents whose coordinator died with them: silent for so long are offline. Their session stays theirs: a machine that
   * slept goes on where it was.
   */
  sweepSilent(afterMs: number): Promise<number>;
}
