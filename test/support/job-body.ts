/** Parts of the own API's answers that tests look at. */
export interface JobBody {
  readonly job_id: string;
  readonly state: string;
  readonly clips_total: number;
  readonly result: { readonly sha256: string; readonly size_bytes: number } | null;
  readonly failure: { readonly code: string; readonly message: string; readonly log: string } | null;
  readonly tasks: readonly TaskBody[];
}

export interface TaskBody {
  readonly task_id: string;
  readonly kind: string;
  readonly clip_index: number | null;
  readonly start_frame: number | null;
  readonly end_frame: number | null;
  readonly state: string;
  readonly epoch: number;
  readonly attempts: number;
  readonly agent_id: string | null;
  readonly agent: string | null;
  readonly frames_done: number;
}

const ENDED = new Set(['succeeded', 'failed', 'cancelled']);

export function isEnded(state: string): boolean {
  return ENDED.has(state);
}
