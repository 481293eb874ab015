import type { JobResponse, TaskResponse } from '../../coordinator/http/responses.ts';

const WHEN = '2026-01-01T00:00:00.000Z';

/** A task as the own API tells it. */
export function aTask(more: Partial<TaskResponse> = {}): TaskResponse {
  return {
    task_id: 't',
    job_id: 'j',
    kind: 'encode',
    clip_index: 0,
    start_frame: 0,
    end_frame: 100,
    state: 'ready',
    epoch: 1,
    attempts: 1,
    agent_id: null,
    agent: null,
    frames_done: 0,
    frames_saved: 0,
    frames_total: 100,
    fps: 0,
    speed: 0,
    phase: '',
    size_bytes: null,
    ready_at: WHEN,
    granted_at: null,
    finished_at: null,
    requires: [],
    failure: null,
    ...more,
  };
}

/** A job as the own API tells it. */
export function aJob(more: Partial<JobResponse> = {}): JobResponse & { readonly waiting: string } {
  return {
    job_id: 'j',
    name: 'film.mkv',
    dialect: 'grid',
    owner: 'me',
    shape: 'film',
    state: 'encoding',
    priority: 0,
    percent: 10,
    frames_done: 0,
    frames_total: 200,
    clips_done: 0,
    clips_total: 2,
    duration_seconds: 8,
    eta_seconds: null,
    fps: 0,
    speed: 0,
    upload_id: null,
    source_bytes: 1,
    container: 'matroska',
    encode: 'x264',
    script: '',
    salvage: 'yes',
    result: null,
    failure: null,
    created_at: WHEN,
    started_at: null,
    finished_at: null,
    ...more,
    waiting: '',
  };
}
