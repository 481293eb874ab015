import type { Hello, Load } from '../../shared/gen/clipgrid/v1/session.ts';
import type { AgentView } from '../domain/agent.ts';

export interface Registration {
  readonly hello: Hello;
  readonly sessionId: string;
  readonly coordinatorId: string;
}

export interface AgentStore {
  /** L8: the newer session wins; the older one's coordinator hears of it by notification. Tells whether it is to drain. */
  register(registration: Registration): Promise<{ draining: boolean }>;
  /** Only if the session is still the agent's. */
  disconnect(agentId: string, sessionId: string): Promise<void>;
  /** Loads of one tick; sessions that are no longer the agent's are returned. */
  seen(beats: readonly { agentId: string; sessionId: string; load: Load | undefined }[]): Promise<string[]>;
  setDraining(agentId: string, draining: boolean): Promise<void>;
  list(): Promise<AgentView[]>;
  get(agentId: string): Promise<AgentView>;
  /** Agents whose coordinator died with them: silent for so long are offline. */
  sweepSilent(afterMs: number): Promise<number>;
}
