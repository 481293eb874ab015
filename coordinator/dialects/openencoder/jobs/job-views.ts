import type { JobRow, ListedJob } from './job-store.ts';
import { ENDED } from './job-status.ts';

/** A job as every read tells it (contract 2.6), without what only `GET /api/jobs/:id` has. */
export function jobView(row: ListedJob) {
  const isEncoding = row.status === 'encoding';
  return {
    id: row.job_id,
    guid: row.guid,
    preset: row.preset,
    created_date: row.created_at.toISOString(),
    status: row.status,
    source: row.source,
    destination: row.destination,
    probe: row.probe,
    options: row.options,
    progress: Math.round(row.progress * 100) / 100,
    speed: isEncoding ? row.speed : null,
    fps: isEncoding ? row.fps : 0,
    streaming: false,
    error: row.error,
    clips_total: row.clips_total,
    clips_done: row.clips_done,
    eta_seconds: ENDED.has(row.status) ? null : row.eta_s,
  };
}

/** As the answer to its creation tells it. */
export function newJobView(row: JobRow) {
  return { ...jobView(row), probe: null, options: null, progress: null, speed: null, fps: null };
}

export function fullJobView(row: JobRow) {
  return { ...jobView(row), error_log: row.error_log };
}
