import type {
  agentView,
  jobView,
  joinTokenView,
  partView,
  taskView,
  uploadView,
} from '../coordinator/http/views.ts';

/** What the REST API answers, as its own views make it. */
export type TaskDocument = ReturnType<typeof taskView>;
export type JobSummary = ReturnType<typeof jobView>;
export type UploadDocument = ReturnType<typeof uploadView>;
export type PartDocument = ReturnType<typeof partView>;
export type AgentDocument = ReturnType<typeof agentView>;
export type JoinTokenDocument = ReturnType<typeof joinTokenView>;

/** One job with its tasks. `waiting` is empty when it waits for nothing. */
export type JobDocument = JobSummary & { readonly tasks: readonly TaskDocument[]; readonly waiting: string };

export interface JobPage {
  readonly jobs: readonly JobSummary[];
  readonly next_cursor: string | null;
}

export const ENDED_STATES: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);
