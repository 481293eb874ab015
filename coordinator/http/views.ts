import type { Load } from '../../shared/gen/clipgrid/v1/session.ts';
import type { AgentView } from '../domain/agent.ts';
import type { JoinTokenView } from '../domain/enrolment.ts';
import { salvageWords } from '../domain/job-salvage.ts';
import { shapeOf } from '../domain/job-shape.ts';
import type { Failure, JobSpec } from '../domain/job.ts';
import { uploadOfKey } from '../domain/object-keys.ts';
import type { GridSample, GridTotals } from '../domain/grid-totals.ts';
import type { TaskBrief } from '../domain/task.ts';
import type { HistoryEvent, JobView, SignedFile, UploadedPartView, UploadView } from '../grid/face.ts';
import type {
  AgentResponse,
  FailureResponse,
  GridHistoryResponse,
  GridResponse,
  HistoryEventResponse,
  JobResponse,
  JoinTokenResponse,
  TaskResponse,
  UploadResponse,
} from './responses.ts';

export function failureView(failure: Failure | undefined): FailureResponse | null {
  if (failure === undefined) return null;
  const { code, stage, message, log, clipIndex } = failure;
  return { code, stage, message, log, clip_index: clipIndex ?? null };
}

/** What is to be done, in the words of whoever asked for it. */
function workView(spec: JobSpec) {
  const salvage = salvageWords(spec);
  if (spec.shape === 'preview') return { container: null, encode: '', script: spec.script.text, salvage };
  if (spec.shape === 'index') return { container: null, encode: '', script: '', salvage };
  const encode = spec.command.text;
  if (spec.shape === 'media') return { container: null, encode, script: '', salvage };
  return { container: spec.package ? null : spec.container, encode, script: spec.script.text, salvage };
}

/** A job as the own API shows it. */
export function jobView(job: JobView): JobResponse {
  const share = job.framesTotal > 0 ? job.framesDone / job.framesTotal : 0;
  return {
    job_id: job.jobId,
    name: job.name,
    dialect: job.dialect,
    owner: job.ownerId,
    shape: shapeOf(job.spec),
    state: job.state,
    priority: job.priority,
    percent: job.state === 'succeeded' ? 100 : Math.min(99.9, Math.round(share * 1000) / 10),
    frames_done: job.framesDone,
    frames_total: job.framesTotal,
    clips_done: job.clipsDone,
    clips_total: job.clipsTotal,
    duration_seconds: job.durationS ?? null,
    eta_seconds: job.etaS ?? null,
    fps: Math.round(job.fps * 10) / 10,
    speed: Math.round(job.speed * 100) / 100,
    upload_id: uploadOfKey(job.spec.source.key) ?? null,
    source_bytes: job.spec.source.sizeBytes,
    ...workView(job.spec),
    result: job.result ? { size_bytes: job.result.sizeBytes, sha256: job.result.sha256 } : null,
    failure: failureView(job.failure),
    created_at: job.createdAt.toISOString(),
    started_at: job.startedAt?.toISOString() ?? null,
    finished_at: job.finishedAt?.toISOString() ?? null,
  };
}

/** A task as the own API shows it. */
export function taskView(task: TaskBrief): TaskResponse {
  return {
    task_id: task.taskId,
    job_id: task.jobId,
    kind: task.kind,
    clip_index: task.clipIndex ?? null,
    start_frame: task.startFrame ?? null,
    end_frame: task.endFrame ?? null,
    state: task.state,
    epoch: task.epoch,
    attempts: task.attempts,
    agent_id: task.agentId ?? null,
    agent: task.agentName ?? null,
    frames_done: task.framesDone,
    frames_saved: task.framesSaved,
    frames_total: task.framesTotal,
    fps: Math.round(task.fps * 10) / 10,
    speed: Math.round(task.speed * 100) / 100,
    phase: task.state === 'leased' ? task.phase : '',
    size_bytes: task.madeBytes ?? null,
    ready_at: task.readyAt.toISOString(),
    granted_at: task.grantedAt?.toISOString() ?? null,
    finished_at: task.finishedAt?.toISOString() ?? null,
    requires: [...task.requires],
    failure: failureView(task.failure),
  };
}

export function uploadView(upload: UploadView): UploadResponse {
  return {
    upload_id: upload.uploadId,
    name: upload.name,
    state: upload.state,
    size_bytes: upload.sizeBytes ?? null,
    created_at: upload.createdAt.toISOString(),
  };
}

export function partView({ part, etag, sizeBytes }: UploadedPartView) {
  return { part, etag, size_bytes: sizeBytes };
}

function loadView(load: Load) {
  return {
    cpu: load.cpu,
    memory_free_bytes: load.memoryFreeBytes,
    disk_free_bytes: load.diskFreeBytes,
    gpus: load.gpus.map((gpu) => ({ utilization: gpu.utilization, memory_used_bytes: gpu.memoryUsedBytes })),
  };
}

export function agentView(agent: AgentView): AgentResponse {
  const { hardware, load } = agent;
  return {
    agent_id: agent.agentId,
    name: agent.name,
    state: agent.state,
    version: agent.version,
    slots: agent.slots,
    leases: agent.leases,
    fps: Math.round(agent.fps * 10) / 10,
    drain_seconds_left: agent.drainLeftS ?? null,
    cpu_model: hardware.cpuModel,
    cpu_cores: hardware.cpuCores,
    memory_bytes: hardware.memoryBytes,
    gpus: hardware.gpus.map((gpu) => ({
      vendor: gpu.vendor,
      model: gpu.model,
      memory_bytes: gpu.memoryBytes,
    })),
    disks: hardware.disks.map((disk) => ({
      path: disk.path,
      size_bytes: disk.sizeBytes,
      free_bytes: disk.freeBytes,
    })),
    os: hardware.os,
    tools: agent.tools.map((tool) => ({ name: tool.name, version: tool.version })),
    capabilities: [...agent.capabilities],
    lacks: [...agent.lacks],
    load: load ? loadView(load) : null,
    paused: agent.pause ? { reason: agent.pause.reason, since: agent.pause.since.toISOString() } : null,
    connected_at: agent.connectedAt.toISOString(),
    last_seen_at: agent.lastSeenAt.toISOString(),
  };
}

export function fileView({ name, artifact, url }: SignedFile) {
  return { name, size_bytes: artifact.sizeBytes, sha256: artifact.sha256, url };
}

/** One job with its tasks and why it waits: the answer `JobDetail`. */
export function jobDetail(job: JobView, tasks: readonly TaskBrief[], waiting: string) {
  return { ...jobView(job), tasks: tasks.map(taskView), waiting };
}

export function historyView(event: HistoryEvent): HistoryEventResponse {
  return {
    sequence: event.sequence,
    at: event.at.toISOString(),
    type: event.type,
    task_id: event.taskId ?? null,
    agent_id: event.agentId ?? null,
    agent: event.agentName ?? null,
    data: { ...event.data },
  };
}

export function sampleView(sample: GridSample): GridHistoryResponse['samples'][number] {
  return {
    at: sample.at.toISOString(),
    fps: Math.round(sample.fps * 10) / 10,
    speed: Math.round(sample.speed * 100) / 100,
    tasks_ready: sample.tasksReady,
    tasks_running: sample.tasksRunning,
    agents_online: sample.agentsOnline,
  };
}

export function gridView(totals: GridTotals): GridResponse {
  return { ...sampleView(totals), agents_draining: totals.agentsDraining, jobs: { ...totals.jobs } };
}

export function joinTokenView(token: JoinTokenView): JoinTokenResponse {
  return {
    token_id: token.tokenId,
    state: token.state,
    uses: token.uses ?? null,
    used: token.used,
    created_by: token.createdBy,
    created_at: token.createdAt.toISOString(),
    expires_at: token.expiresAt?.toISOString() ?? null,
  };
}
