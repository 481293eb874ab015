import type { TaskKind } from '../../../coordinator/domain/task.ts';

/** What a process of simulated agents is told at its start. */
export interface AgentOrders {
  /** host:port of the coordinator. */
  readonly coordinator: string;
  /** Agents of this process, and the number of its first one. */
  readonly count: number;
  readonly first: number;
  /** Of the source that every index task pretends to have read. */
  readonly clips: number;
  readonly framesPerClip: number;
  /** Tasks at once, of each agent. */
  readonly slots: number;
  /** True: they work on a clip for ever, and heartbeat for it. */
  readonly holdClips?: boolean;
}

/** Times are wall-clock milliseconds since 1970, comparable between processes. */
export interface SeenGrant {
  readonly jobId: string;
  readonly kind: TaskKind;
  readonly atMs: number;
}

export interface SeenCommit extends SeenGrant {
  /** How long the agent waited for the answer to its TaskComplete. */
  readonly askedMs: number;
}

export interface Report {
  readonly grants: readonly SeenGrant[];
  readonly commits: readonly SeenCommit[];
  /** Why tasks were not committed. */
  readonly refused: readonly string[];
}

/** From a process of agents to the bench. */
export type AgentNews =
  | { readonly kind: 'ready' }
  | { readonly kind: 'merged'; readonly jobId: string }
  | { readonly kind: 'report'; readonly report: Report };
