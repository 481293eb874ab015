import type { Fence } from '../domain/task.ts';

/** What coordinators tell each other; it only wakes, the database decides (L7). */
export interface WakeMessage {
  readonly wake?: 'tasks';
  readonly revoke?: Fence;
  readonly reason?: string;
  /** Somebody looks at what this task prints, for `forMs`. */
  readonly output?: Fence;
  readonly forMs?: number;
  /** Of the session that is meant, for `revoke`, `drain` and `output`. */
  readonly sessionId?: string | null;
  readonly drain?: boolean;
  /** With `drain`: the seconds of its deadline; 0: none. */
  readonly deadlineS?: number;
  /** A session that a newer one of the same agent replaced (L8). */
  readonly superseded?: string;
  /** A session of an agent that was revoked. */
  readonly revoked?: string;
}

export interface WakeSource {
  /** Calls back for each message until `stop`; reconnects by itself. */
  listen(onMessage: (message: WakeMessage) => void): void;
  stop(): Promise<void>;
}
