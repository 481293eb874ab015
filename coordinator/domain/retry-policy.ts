/** What is known of a task when one more attempt of it has failed. */
export interface FailureHistory {
  /** Attempts so far, the failed one included. */
  readonly attempts: number;
  /** Different agents that failed it, the last one included. */
  readonly failedAgents: readonly string[];
  /** No other agent would do better. */
  readonly inputAtFault: boolean;
}

export const MAX_FAILED_AGENTS = 3;
export const MAX_ATTEMPTS = 4;
/** An agent that failed this many tasks of one job gets no more of that job. */
export const MAX_AGENT_FAILURES_PER_JOB = 3;

/** Design section 4, failure policy; the limit of attempts is for grids with fewer agents than that (FinalRip 3.3). */
export function afterFailure(history: FailureHistory): 'again' | 'give_up' {
  if (history.inputAtFault) return 'give_up';
  if (history.failedAgents.length >= MAX_FAILED_AGENTS) return 'give_up';
  return history.attempts >= MAX_ATTEMPTS ? 'give_up' : 'again';
}
