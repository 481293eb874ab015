import { GridError } from '../../../shared/errors.ts';
import type { JobView } from '../../grid/face.ts';
import type { DialectParts } from '../dialect.ts';
import type { Buckets } from './buckets.ts';
import type { NameGuard } from './name-guard.ts';
import type { NameStore } from './name-store.ts';
import type { FinalripSettings } from './settings.ts';
import type { AnswerBytes, SharedReads } from './shared-reads.ts';
import type { FinalripStore, TaskRow } from './store.ts';
import type { Urls } from './urls.ts';

/** What the handlers share. */
export interface Context {
  readonly parts: DialectParts;
  readonly settings: FinalripSettings;
  readonly store: FinalripStore;
  readonly names: NameStore;
  readonly guard: NameGuard;
  readonly buckets: Buckets;
  readonly urls: Urls;
  readonly reads: SharedReads<AnswerBytes>;
}

/** The job of a task; undefined while it is pending, and when somebody removed the job by another API. */
export async function jobOf({ parts }: Context, row: TaskRow): Promise<JobView | undefined> {
  if (row.job_id === null) return undefined;
  try {
    return await parts.grid.jobs.get(row.job_id);
  } catch (error) {
    if (error instanceof GridError && error.code === 'not_found') return undefined;
    throw error;
  }
}
