/** What is known of a task when one more attempt of it has failed. */
export interface FailureHistory {
  /** Attempts that ended with a failure, this one included. */
  readonly failures: number;
  /** Different agents that failed it, the last one included. */
  readonly failedAgents: readonly string[];
  /** No other agent would do better. */
  readonly inputAtFault: boolean;
}

export type Verdict = 'again' | 'give_up';

export const MAX_FAILED_AGENTS = 3;
export const MAX_FAILURES = 4;
/**
 * Attempts that may end without a word (the agent died, or its connection did). More than failures, because that says
 * little about the task; not without end, because a task can be what kills its agents (L15).
 */
export const MAX_LOST = 8;
/** An agent that failed this many tasks of one job gets more of that job only where nobody else could run it. */
export const MAX_AGENT_FAILURES_PER_JOB = 3;

/** Design section 4, failure policy; the limit of failures is for grids with fewer agents than that (FinalRip 3.3). */
export function afterFailure({ failures, failedAgents, inputAtFault }: FailureHistory): Verdict {
  if (inputAtFault || failedAgents.length >= MAX_FAILED_AGENTS) return 'give_up';
  return failures >= MAX_FAILURES ? 'give_up' : 'again';
}

/** `lost`: attempts of the task that ended without a word, the last one included. */
export function afterLoss(lost: number): Verdict {
  return lost >= MAX_LOST ? 'give_up' : 'again';
}
