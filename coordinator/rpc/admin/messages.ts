import type {
  Agent,
  Event,
  Failure,
  GridFigures,
  Job,
  JoinToken,
  Task,
  Upload,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import type { AgentView } from '../../domain/agent.ts';
import type { JoinTokenView } from '../../domain/enrolment.ts';
import { salvageWords } from '../../domain/job-salvage.ts';
import { shapeOf } from '../../domain/job-shape.ts';
import type { Failure as DomainFailure } from '../../domain/job.ts';
import type { GridSample } from '../../domain/grid-totals.ts';
import { uploadOfKey } from '../../domain/object-keys.ts';
import type { TaskView } from '../../domain/task.ts';
import type { GridEvent, JobView, UploadView } from '../../grid/face.ts';

/** In a list a log shows its end only: 500 tasks with whole logs would not fit a message. */
const LISTED_LOG_CHARS = 1_000;

export function agentMessage(agent: AgentView): Agent {
  return {
    agentId: agent.agentId,
    name: agent.name,
    state: agent.state,
    version: agent.version,
    hardware: agent.hardware,
    tools: [...agent.tools],
    capabilities: [...agent.capabilities],
    lacks: [...agent.lacks],
    slots: agent.slots,
    leases: agent.leases,
    load: agent.load,
    lastSeenTime: agent.lastSeenAt,
    drainSecondsLeft: agent.drainLeftS,
    pause: agent.pause && { reason: agent.pause.reason, sinceTime: agent.pause.since },
  };
}

export function joinTokenMessage(token: JoinTokenView): JoinToken {
  const { tokenId, state, uses, used, createdBy } = token;
  return { tokenId, state, uses, used, createdBy, createTime: token.createdAt, expireTime: token.expiresAt };
}

export function failureMessage(failure: DomainFailure | undefined): Failure | undefined {
  if (failure === undefined) return undefined;
  const { code, stage, message, log, clipIndex } = failure;
  return { code, stage, message, log, clipIndex };
}

export function jobMessage(job: JobView): Job {
  return {
    jobId: job.jobId,
    owner: job.ownerId,
    dialect: job.dialect,
    name: job.name,
    state: job.state,
    framesTotal: job.framesTotal,
    framesDone: job.framesDone,
    clipsTotal: job.clipsTotal,
    clipsDone: job.clipsDone,
    failure: failureMessage(job.failure),
    createTime: job.createdAt,
    endTime: job.finishedAt,
    priority: job.priority,
    shape: shapeOf(job.spec),
    fps: job.fps,
    speed: job.speed,
    salvage: salvageWords(job.spec),
    encode: 'command' in job.spec ? job.spec.command.text : '',
    script: 'script' in job.spec ? job.spec.script.text : '',
    uploadId: uploadOfKey(job.spec.source.key) ?? '',
    sourceBytes: job.spec.source.sizeBytes,
  };
}

/** The same in a list: the logs of failed jobs and scripts stay out. */
export function listedJobMessage(job: JobView): Job {
  const message = { ...jobMessage(job), script: '' };
  if (message.failure) message.failure.log = message.failure.log.slice(-LISTED_LOG_CHARS);
  return message;
}

export function taskMessage(task: TaskView): Task {
  return {
    taskId: task.taskId,
    jobId: task.jobId,
    kind: task.kind,
    state: task.state,
    epoch: task.epoch,
    clipIndex: task.clipIndex,
    agentId: task.agentId ?? '',
    attempts: task.attempts,
    framesTotal: task.framesTotal,
    framesDone: task.framesDone,
    fps: task.fps,
    phase: task.phase,
    failure: failureMessage(task.failure),
    logTail: task.logTail,
    requires: [...task.requires],
    speed: task.speed,
    startFrame: task.startFrame,
    endFrame: task.endFrame,
    sizeBytes: task.madeBytes,
    grantTime: task.grantedAt,
    endTime: task.finishedAt,
  };
}

export function listedTaskMessage(task: TaskView): Task {
  const message = taskMessage(task);
  message.logTail = message.logTail.slice(-LISTED_LOG_CHARS);
  if (message.failure) message.failure.log = message.failure.log.slice(-LISTED_LOG_CHARS);
  return message;
}

export function uploadMessage({ uploadId, name, state, sizeBytes, createdAt }: UploadView): Upload {
  return { uploadId, name, state, sizeBytes, createTime: createdAt };
}

export function figuresMessage({ at, ...figures }: GridSample): GridFigures {
  const { fps, speed, tasksReady, tasksRunning, agentsOnline } = figures;
  return { time: at, fps, speed, tasksReady, tasksRunning, agentsOnline };
}

export function eventMessage(event: GridEvent): Event {
  return {
    sequence: event.sequence,
    time: event.at,
    type: event.type,
    jobId: event.jobId ?? '',
    taskId: event.taskId ?? '',
    agentId: event.agentId ?? '',
    dataJson: JSON.stringify(event.data),
  };
}
