import type { JobState } from '../../domain/job.ts';
import type { JobProgress } from '../../domain/task.ts';

/** Celery's words for a rendition, and one of the reference's own (contract 3.1). */
export type State = 'PENDING' | 'STARTED' | 'RETRY' | ReadyState;
/** What never changes again. */
export type ReadyState = 'SUCCESS' | 'FAILURE' | 'REVOKED' | 'FAILURE CREATE EPISODE';

/** What the grid tells of a rendition's job. */
export type Work = Pick<JobProgress, 'state' | 'tasks'>;

const ENDED: readonly JobState[] = ['succeeded', 'failed', 'cancelled'];

/**
 * The state of a rendition. `ready`: what was written down when it ended. Until that is done (it takes a moment) one whose
 * job has ended, or is gone, reads as started, so that whoever sees a ready state finds its result beside it.
 */
export function stateOf(ready: ReadyState | undefined, work: Work | undefined): State {
  if (ready !== undefined) return ready;
  if (work === undefined || ENDED.includes(work.state)) return 'STARTED';
  const { leased, readyAgain, ended } = work.tasks;
  if (leased > 0) return 'STARTED';
  if (readyAgain > 0) return 'RETRY';
  return ended > 0 ? 'STARTED' : 'PENDING';
}

/** Every state of a planned ladder is a success. */
export function isSuccess(states: readonly State[]): boolean {
  return states.length > 0 && states.every((state) => state === 'SUCCESS');
}
