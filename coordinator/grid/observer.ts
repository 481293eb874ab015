import type { TaskKind } from '../domain/task.ts';
import type { GrantedTask } from '../store/lease-store.ts';

/** How an attempt ended, as this process saw it. */
export interface EndedAttempt {
  readonly kind: TaskKind;
  readonly outcome: 'committed' | 'failed' | 'released' | 'refused';
  /** From its grant; undefined where that was on another process. */
  readonly seconds?: number | undefined;
  /** Of what was committed. */
  readonly outputBytes?: number;
  readonly fetchedBytes?: number;
  /** Of a committed clip: frames a second of the whole attempt. */
  readonly fps?: number;
}

/** Who counts what happens, for metrics. Called often: each call must be cheap and must not throw. */
export interface GridObserver {
  granted(task: GrantedTask): void;
  ended(attempt: EndedAttempt): void;
  expired(leases: number): void;
  /** A heartbeat was answered so long after it came. */
  heartbeat(seconds: number): void;
  /** A look for work took so long. */
  round(seconds: number): void;
}

const nothing = (): void => undefined;

export const NO_OBSERVER: GridObserver = {
  granted: nothing,
  ended: nothing,
  expired: nothing,
  heartbeat: nothing,
  round: nothing,
};
