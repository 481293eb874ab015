import type { AgentView, HelloOrder } from '../../domain/agent.ts';
import type { Failure } from '../../domain/job.ts';
import { isEnded } from '../../domain/job-machine.ts';
import type { JobTree, TreeTask } from '../../domain/job-tree.ts';
import type { PlanSummary } from '../../domain/planner.ts';
import { LONE_KINDS, madeBytes, TASK_KINDS } from '../../domain/task-kinds.ts';
import { isUnfinished, newTaskMachine, savedFrames } from '../../domain/task-machine.ts';
import type {
  Artifact,
  NewTask,
  ClipView,
  JobProgress,
  TaskBrief,
  TaskOutput,
  TaskView,
} from '../../domain/task.ts';
import type { JobView } from '../../grid/face.ts';
import type { NewJob } from '../job-store.ts';

/** A task as the memory store keeps it: the machine, and what people see of it. Times are wall-clock milliseconds. */
export interface TaskRecord extends TreeTask {
  readonly jobId: string;
  readonly spec: NewTask['spec'];
  readonly requires: readonly string[];
  readonly cost: number;
  readonly priority: number;
  readonly shareKey?: string;
  readonly agentId?: string;
  readonly framesDone: number;
  readonly fps: number;
  readonly speed: number;
  readonly phase: string;
  readonly logTail: string;
  readonly output?: TaskOutput;
  readonly failure?: Failure;
  readonly readyAtMs: number;
  readonly grantedAtMs?: number;
  readonly finishedAtMs?: number;
}

export interface JobRecord {
  readonly input: NewJob;
  readonly tree: JobTree<TaskRecord>;
  /** Submission order; equal times must not change it. */
  readonly order: number;
  readonly createdAtMs: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  readonly plan?: PlanSummary;
  readonly result?: Artifact;
  readonly failure?: Failure;
}

export interface AgentRecord {
  readonly view: Omit<AgentView, 'leases' | 'fps' | 'drainLeftS'>;
  readonly order: HelloOrder;
  readonly sessionId: string | undefined;
  /** An administrator asked for it; without `untilMs` it takes as long as it takes. */
  readonly drain: { readonly untilMs: number | undefined } | undefined;
}

/** A record of a task to be created. */
export function newRecord(
  task: NewTask & { readonly taskId: string },
  of: { readonly jobId: string; readonly priority: number; readonly nowMs: number },
): TaskRecord {
  const { kind, spec, requires, cost, framesTotal, shareKey, clipIndex = -1 } = task;
  const { jobId, priority, nowMs } = of;
  const about = { jobId, kind, clipIndex, spec, requires, cost, framesTotal, priority };
  return {
    ...newTaskMachine(task.taskId),
    ...about,
    ...(shareKey === undefined ? {} : { shareKey }),
    framesDone: 0,
    fps: 0,
    speed: 0,
    phase: '',
    logTail: '',
    readyAtMs: nowMs,
  };
}

const FRESH = { framesDone: 0, fps: 0, speed: 0, phase: '', logTail: '' } as const;

/** It stays with a task, also with a merge that is made anew. */
function lastGrant({ agentId, grantedAtMs }: TaskRecord): Pick<TaskRecord, 'agentId' | 'grantedAtMs'> {
  return {
    ...(agentId === undefined ? {} : { agentId }),
    ...(grantedAtMs === undefined ? {} : { grantedAtMs }),
  };
}

/** What people see of a task follows from what its machine did. */
export function followed(before: TaskRecord | undefined, after: TaskRecord, nowMs: number): TaskRecord {
  if (before === undefined || before === after) return after;
  const { state } = after;
  if (state === 'leased' && after.epoch > before.epoch) {
    const agentId = after.lease?.agentId;
    return { ...after, ...FRESH, grantedAtMs: nowMs, ...(agentId === undefined ? {} : { agentId }) };
  }
  if (state === 'ready' && after.epoch > before.epoch) {
    const { output: _, failure: __, finishedAtMs: ___, ...rest } = after;
    return { ...rest, ...lastGrant(before), ...FRESH, readyAtMs: nowMs };
  }
  if (after.epoch > before.epoch && before.output) {
    const { output: _, ...rest } = after;
    return { ...rest, finishedAtMs: nowMs };
  }
  if (state === before.state) return after;
  return state === 'ready' ? { ...after, readyAtMs: nowMs } : { ...after, finishedAtMs: nowMs };
}

export function toTaskView(task: TaskRecord, agentName: string | undefined): TaskView {
  const { clipIndex, spec, output, failure, agentId, grantedAtMs, finishedAtMs } = task;
  const range = spec.kind?.$case === 'encode' ? spec.kind.value.range : undefined;
  return {
    taskId: task.taskId,
    jobId: task.jobId,
    kind: task.kind,
    ...(clipIndex >= 0 ? { clipIndex } : {}),
    state: task.state,
    epoch: task.epoch,
    ...(agentId === undefined ? {} : { agentId }),
    ...(agentName === undefined ? {} : { agentName }),
    attempts: task.attempts,
    requires: task.requires,
    failedAgents: task.failedAgents,
    framesTotal: task.framesTotal,
    framesDone: task.framesDone,
    framesSaved: savedFrames(task),
    fps: task.fps,
    speed: task.speed,
    phase: task.phase,
    ...(range ? { startFrame: range.startFrame, endFrame: range.endFrame } : {}),
    ...(output ? { output, madeBytes: madeBytes(output) } : {}),
    ...(failure ? { failure } : {}),
    logTail: task.logTail,
    readyAt: new Date(task.readyAtMs),
    ...(grantedAtMs === undefined ? {} : { grantedAt: new Date(grantedAtMs) }),
    ...(finishedAtMs === undefined ? {} : { finishedAt: new Date(finishedAtMs) }),
  };
}

export function toTaskBrief(task: TaskView): TaskBrief {
  const { failedAgents: _, output: __, logTail: ___, ...brief } = task;
  return brief;
}

export function toClipView(task: TaskView): ClipView {
  const { state, attempts, agentName, framesDone, framesTotal, failure, output, clipIndex = -1 } = task;
  const segment = output?.artifacts.find((artifact) => artifact.name === 'segment');
  return {
    index: clipIndex,
    state,
    attempts,
    ...(agentName ? { agentName } : {}),
    framesDone,
    framesTotal,
    ...(failure ? { failure } : {}),
    ...(state === 'succeeded' && segment && task.framesSaved === 0 ? { segmentSha256: segment.sha256 } : {}),
  };
}

export function toJobView(record: JobRecord): JobView {
  const { input, tree, plan, result, failure, startedAtMs, finishedAtMs } = record;
  const { job } = tree;
  const running = isEnded(job.state)
    ? []
    : [...tree.tasks.values()].filter((task) => task.state === 'leased');
  const counted = running.filter((task) => TASK_KINDS[task.kind].counts);
  const ahead = counted.reduce((sum, task) => sum + Math.min(task.framesDone, task.framesTotal), 0);
  const fps = counted.reduce((sum, task) => sum + task.fps, 0);
  const framesDone = job.framesDone + ahead;
  return {
    jobId: job.jobId,
    ownerId: input.ownerId,
    dialect: input.dialect,
    name: input.name,
    state: job.state === 'indexing' && startedAtMs === undefined ? 'queued' : job.state,
    priority: input.priority,
    spec: input.spec,
    framesTotal: job.framesTotal,
    framesDone,
    clipsTotal: job.clipsTotal,
    clipsDone: job.clipsDone,
    ...(plan ? { durationS: plan.durationS } : {}),
    ...(job.state === 'encoding' && fps > 0 ? { etaS: Math.max(0, job.framesTotal - framesDone) / fps } : {}),
    fps,
    speed: counted.reduce((sum, task) => sum + task.speed, 0),
    phase: running.find((task) => LONE_KINDS.includes(task.kind))?.phase ?? '',
    ...(result ? { result } : {}),
    ...(failure ? { failure } : {}),
    createdAt: new Date(record.createdAtMs),
    ...(startedAtMs === undefined ? {} : { startedAt: new Date(startedAtMs) }),
    ...(finishedAtMs === undefined || !isEnded(job.state) ? {} : { finishedAt: new Date(finishedAtMs) }),
  };
}

export function toJobProgress(record: JobRecord): JobProgress {
  const { state, framesTotal, framesDone } = toJobView(record);
  const tasks = [...record.tree.tasks.values()];
  const count = (fits: (task: TaskRecord) => boolean): number => tasks.filter(fits).length;
  return {
    state,
    framesTotal,
    framesDone,
    tasks: {
      leased: count((task) => task.state === 'leased'),
      readyAgain: count((task) => task.state === 'ready' && task.grantedAtMs !== undefined),
      ended: count((task) => !isUnfinished(task)),
    },
  };
}
