import { sql, type RawBuilder } from 'kysely';
import type { Failure, JobSpec, JobState } from '../../domain/job.ts';
import type { Artifact, TaskBrief, TaskKind, TaskOutput, TaskState, TaskView } from '../../domain/task.ts';
import type { JobView } from '../../grid/face.ts';
import { THUMBNAIL } from '../../domain/task-kinds.ts';
import { COUNTED, LONE } from './kinds.ts';
import { SAVED_FRAMES } from './save-part.ts';

export interface JobRow {
  job_id: string;
  owner_id: string;
  dialect: string;
  name: string;
  state: JobState;
  priority: number;
  spec: JobSpec;
  frames_total: number;
  frames_done: number;
  clips_total: number;
  clips_done: number;
  running_frames: number;
  running_fps: number;
  running_speed: number;
  running_phase: string;
  duration_s: number | null;
  result: Artifact | null;
  failure: Failure | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

/** A job's state as people see it. */
export const JOB_STATE: RawBuilder<unknown> = sql`
  case when j.state = 'indexing' and j.started_at is null then 'queued' else j.state end`;

/** Columns of a job with what its running tasks say. */
export const JOB_COLUMNS: RawBuilder<unknown> = sql`
  j.job_id, j.owner_id, j.dialect, j.name, ${JOB_STATE} as state,
  j.priority, j.spec, j.frames_total, j.frames_done, j.clips_total, j.clips_done, (j.plan->>'durationS')::float8 as duration_s,
  j.result, j.failure,
  j.created_at, j.started_at, j.finished_at, coalesce(r.frames, 0)::int as running_frames, coalesce(r.fps, 0) as running_fps,
  coalesce(r.speed, 0) as running_speed, coalesce(r.phase, '') as running_phase`;

/** Joined where a job has not ended: over its leased tasks only. */
export const RUNNING: RawBuilder<unknown> = sql`
  left join lateral (
    select sum(least(t.frames_done, t.frames_total)) filter (where t.kind in (${COUNTED})) as frames,
      sum(t.fps) filter (where t.kind in (${COUNTED})) as fps, sum(t.speed) filter (where t.kind in (${COUNTED})) as speed,
      max(t.phase) filter (where t.kind in (${LONE})) as phase
    from tasks t
    where j.state in ('indexing', 'encoding', 'merging') and t.job_id = j.job_id and t.state = 'leased'
  ) r on true`;

export function toJobView(row: JobRow): JobView {
  const framesDone = row.frames_done + row.running_frames;
  const left = row.frames_total - framesDone;
  return {
    jobId: row.job_id,
    ownerId: row.owner_id,
    dialect: row.dialect,
    name: row.name,
    state: row.state,
    priority: row.priority,
    spec: row.spec,
    framesTotal: row.frames_total,
    framesDone,
    clipsTotal: row.clips_total,
    clipsDone: row.clips_done,
    ...(row.duration_s === null ? {} : { durationS: row.duration_s }),
    ...(row.state === 'encoding' && row.running_fps > 0 ? { etaS: Math.max(0, left) / row.running_fps } : {}),
    fps: row.running_fps,
    speed: row.running_speed,
    phase: row.running_phase,
    ...(row.result ? { result: row.result } : {}),
    ...(row.failure ? { failure: row.failure } : {}),
    createdAt: row.created_at,
    ...(row.started_at ? { startedAt: row.started_at } : {}),
    ...(row.finished_at ? { finishedAt: row.finished_at } : {}),
  };
}

export interface TaskBriefRow {
  task_id: string;
  job_id: string;
  kind: TaskKind;
  clip_index: number;
  state: TaskState;
  epoch: number;
  agent_id: string | null;
  agent_name: string | null;
  attempts: number;
  requires: string[];
  frames_total: number;
  frames_done: number;
  frames_saved: number;
  fps: number;
  speed: number;
  phase: string;
  start_frame: number | null;
  end_frame: number | null;
  made_bytes: number | null;
  failure: Failure | null;
  ready_at: Date;
  granted_at: Date | null;
  finished_at: Date | null;
}

export interface TaskRow extends TaskBriefRow {
  failed_agents: string[];
  output: TaskOutput | null;
  log_tail: string;
}

/** What `madeBytes` of task-kinds.ts counts. */
const MADE_BYTES: RawBuilder<unknown> = sql`
  case when t.output is not null then (select coalesce(sum((a->>'sizeBytes')::int8), 0)
    from jsonb_array_elements(t.output->'artifacts') a where a->>'name' <> ${sql.lit(THUMBNAIL)})::float8 end`;

export const BRIEF_COLUMNS: RawBuilder<unknown> = sql`
  t.task_id, t.job_id, t.kind, t.clip_index, t.state, t.epoch, t.agent_id, a.name as agent_name, t.attempts, t.requires,
  t.frames_total, t.frames_done, ${SAVED_FRAMES} as frames_saved, t.fps, t.speed, t.phase, t.start_frame, t.end_frame, ${MADE_BYTES} as made_bytes,
  t.failure, t.ready_at, t.granted_at, t.finished_at`;

export const TASK_COLUMNS: RawBuilder<unknown> = sql`${BRIEF_COLUMNS}, t.failed_agents, t.output, t.log_tail`;

export function toTaskBrief(row: TaskBriefRow): TaskBrief {
  return {
    taskId: row.task_id,
    jobId: row.job_id,
    kind: row.kind,
    ...(row.clip_index >= 0 ? { clipIndex: row.clip_index } : {}),
    state: row.state,
    epoch: row.epoch,
    ...(row.agent_id ? { agentId: row.agent_id } : {}),
    ...(row.agent_name ? { agentName: row.agent_name } : {}),
    attempts: row.attempts,
    requires: row.requires,
    framesTotal: row.frames_total,
    framesDone: row.frames_done,
    framesSaved: row.frames_saved,
    fps: row.fps,
    speed: row.speed,
    phase: row.phase,
    ...(row.start_frame === null ? {} : { startFrame: row.start_frame }),
    ...(row.end_frame === null ? {} : { endFrame: row.end_frame }),
    ...(row.made_bytes === null ? {} : { madeBytes: row.made_bytes }),
    ...(row.failure ? { failure: row.failure } : {}),
    readyAt: row.ready_at,
    ...(row.granted_at ? { grantedAt: row.granted_at } : {}),
    ...(row.finished_at ? { finishedAt: row.finished_at } : {}),
  };
}

export function toTaskView(row: TaskRow): TaskView {
  return {
    ...toTaskBrief(row),
    failedAgents: row.failed_agents,
    ...(row.output ? { output: row.output } : {}),
    logTail: row.log_tail,
  };
}
