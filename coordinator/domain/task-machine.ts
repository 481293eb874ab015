import { afterFailure } from './retry-policy.ts';
import type { Fence, TaskPart, TaskState } from './task.ts';

/** Who may finish a task, and until when it may be sure of that. */
export interface Lease {
  readonly leaseId: string;
  readonly agentId: string;
  readonly sessionId: string;
  /** On the referee's clock. Undefined: expired, and so far granted to nobody else. */
  readonly untilMs: number | undefined;
}

/** What decides about a task: all of the lease protocol (design section 4), nothing of what the task is about. */
export interface TaskMachine {
  readonly taskId: string;
  readonly state: TaskState;
  /** L1: one more on each grant, cancel, redo and change of spec; nowhere else. */
  readonly epoch: number;
  /** Of the last grant, while it may still commit (L11) or be taken up again (L8). */
  readonly lease: Lease | undefined;
  /** Grants, less those that were given back. */
  readonly attempts: number;
  /** Attempts that ended without a word. */
  readonly lost: number;
  readonly failedAgents: readonly string[];
  /** Once succeeded: what was committed, as one text. */
  readonly content: string | undefined;
  /** Once succeeded: the lease that committed it (L3). */
  readonly committedBy: string | undefined;
  /** What attempts that may die have finished of a clip; gone with a redo. */
  readonly parts: readonly TaskPart[];
}

export type TaskEvent =
  | { readonly type: 'grant'; readonly lease: Lease }
  | {
      readonly type: 'renew';
      readonly fence: Fence;
      readonly sessionId: string;
      readonly untilMs: number;
      readonly nowMs: number;
      /** L12: nobody could have renewed it in time. */
      readonly forgiven: boolean;
    }
  | {
      readonly type: 'adopt';
      readonly fence: Fence;
      readonly agentId: string;
      readonly sessionId: string;
      readonly untilMs: number;
    }
  /** What an agent holds under another session than its new one. `lost`: its old process died with it. */
  | {
      readonly type: 'give_back';
      readonly agentId: string;
      readonly sessionId: string;
      readonly lost: boolean;
    }
  | { readonly type: 'shorten'; readonly sessionId: string; readonly untilMs: number }
  /** The referee's clock jumped back: no lease may end later than that. */
  | { readonly type: 'cap'; readonly latestMs: number; readonly untilMs: number }
  | { readonly type: 'expire'; readonly nowMs: number }
  | { readonly type: 'release'; readonly fence: Fence; readonly agentId: string }
  | {
      readonly type: 'fail';
      readonly fence: Fence;
      readonly agentId: string;
      readonly inputAtFault: boolean;
    }
  | { readonly type: 'save'; readonly fence: Fence; readonly part: TaskPart }
  /** `resumedFrames`: those that the segment leaves to the parts; default 0. */
  | {
      readonly type: 'commit';
      readonly fence: Fence;
      readonly content: string;
      readonly resumedFrames?: number;
    }
  /** Too many agents were lost on it, or nobody who can do it was there for too long. */
  | { readonly type: 'give_up' }
  | { readonly type: 'cancel' }
  /** Not wanted any more, whatever became of it: what it made is not the result. */
  | { readonly type: 'drop' }
  | { readonly type: 'redo' };

/** States of a task that is still to be done; also those in which its lease may commit (L11). */
export const UNFINISHED = ['ready', 'leased'] as const satisfies readonly TaskState[];

/** Of one task: twice as many as an honest agent saves in two days of encoding (L9). */
export const MAX_PARTS = 200;

export function isUnfinished(task: TaskMachine): boolean {
  return task.state === 'ready' || task.state === 'leased';
}

/** A task that nobody has touched yet. */
export function newTaskMachine(taskId: string): TaskMachine {
  return {
    taskId,
    state: 'ready',
    epoch: 0,
    lease: undefined,
    attempts: 0,
    lost: 0,
    failedAgents: [],
    content: undefined,
    committedBy: undefined,
    parts: [],
  };
}

/** Frames of the clip that are committed in parts. */
export function savedFrames({ parts }: Pick<TaskMachine, 'parts'>): number {
  return parts.at(-1)?.endFrame ?? 0;
}

/** L2: the fence is that of the task's last grant. */
export function isCurrent(task: TaskMachine, fence: Fence): boolean {
  return task.taskId === fence.taskId && task.epoch === fence.epoch && task.lease?.leaseId === fence.leaseId;
}

/** L3: this very content was committed by this very lease. */
export function saidBefore(task: TaskMachine, fence: Fence, content: string): boolean {
  if (task.state !== 'succeeded' || task.taskId !== fence.taskId || task.epoch !== fence.epoch) return false;
  return task.committedBy === fence.leaseId && task.content === content;
}

/** L3: this very part was committed by this very lease. */
export function savedBefore(task: TaskMachine, fence: Fence, part: TaskPart): boolean {
  if (!isUnfinished(task) || !isCurrent(task, fence)) return false;
  const same = (one: TaskPart): boolean =>
    one.epoch === fence.epoch &&
    one.startFrame === part.startFrame &&
    one.endFrame === part.endFrame &&
    one.artifact.sha256 === part.artifact.sha256;
  return task.parts.some(same);
}

/** The task after an event; undefined: the event does not apply and nothing changes. */
export function nextTask<T extends TaskMachine>(task: T, event: TaskEvent): T | undefined {
  const change = changeOf(task, event);
  return change && { ...task, ...change };
}

function changeOf(task: TaskMachine, event: TaskEvent): Partial<TaskMachine> | undefined {
  switch (event.type) {
    case 'grant':
      return grant(task, event.lease);
    case 'renew':
      return renew(task, event);
    case 'adopt':
      return adopt(task, event);
    case 'give_back':
      return giveBack(task, event);
    case 'shorten':
      return shorten(task, event);
    case 'cap':
      return cap(task, event);
    case 'expire':
      return expire(task, event.nowMs);
    case 'release':
      return release(task, event);
    case 'fail':
      return fail(task, event);
    case 'save':
      return save(task, event);
    case 'commit':
      return commit(task, event);
    case 'give_up':
      return isUnfinished(task) ? { state: 'failed', lease: undefined } : undefined;
    case 'cancel':
      return cancel(task);
    case 'drop':
      return drop(task);
    case 'redo':
      return { ...newTaskMachine(task.taskId), epoch: task.epoch + 1 };
  }
}

type Change = Partial<TaskMachine> | undefined;
type EventOf<Type extends TaskEvent['type']> = Extract<TaskEvent, { type: Type }>;

const CANCELLED: Partial<TaskMachine> = { state: 'cancelled', lease: undefined };
const BACK: Partial<TaskMachine> = { state: 'ready', lease: undefined };

function grant(task: TaskMachine, lease: Lease): Change {
  if (task.state !== 'ready') return undefined;
  return { state: 'leased', epoch: task.epoch + 1, lease, attempts: task.attempts + 1 };
}

function renew(task: TaskMachine, event: EventOf<'renew'>): Change {
  const { lease } = task;
  if (task.state !== 'leased' || !lease || !isCurrent(task, event.fence)) return undefined;
  if (lease.sessionId !== event.sessionId) return undefined;
  if ((lease.untilMs ?? 0) <= event.nowMs && !event.forgiven) return undefined;
  return { lease: { ...lease, untilMs: event.untilMs } };
}

/** L8; an expired lease is taken up too while nobody else has the task, and then it was not lost after all. */
function adopt(task: TaskMachine, event: EventOf<'adopt'>): Change {
  const { lease } = task;
  if (!isUnfinished(task) || !lease || !isCurrent(task, event.fence)) return undefined;
  if (lease.agentId !== event.agentId) return undefined;
  const lost = task.state === 'ready' ? task.lost - 1 : task.lost;
  return { state: 'leased', lost, lease: { ...lease, sessionId: event.sessionId, untilMs: event.untilMs } };
}

function giveBack(task: TaskMachine, event: EventOf<'give_back'>): Change {
  const { lease } = task;
  if (task.state !== 'leased' || lease?.agentId !== event.agentId) return undefined;
  if (lease.sessionId === event.sessionId) return undefined;
  return event.lost ? { ...BACK, lost: task.lost + 1 } : { ...BACK, attempts: task.attempts - 1 };
}

function shorten(task: TaskMachine, event: EventOf<'shorten'>): Change {
  const { lease } = task;
  if (task.state !== 'leased' || lease?.sessionId !== event.sessionId) return undefined;
  return { lease: { ...lease, untilMs: Math.min(lease.untilMs ?? 0, event.untilMs) } };
}

function cap(task: TaskMachine, { latestMs, untilMs }: EventOf<'cap'>): Change {
  const { lease } = task;
  if (task.state !== 'leased' || !lease || (lease.untilMs ?? 0) <= latestMs) return undefined;
  return { lease: { ...lease, untilMs } };
}

/** L4, L11: the lease stays on the task, so that late work may still be taken. */
function expire(task: TaskMachine, nowMs: number): Change {
  const { lease } = task;
  if (task.state !== 'leased' || !lease || (lease.untilMs ?? 0) > nowMs) return undefined;
  return { state: 'ready', lost: task.lost + 1, lease: { ...lease, untilMs: undefined } };
}

function release(task: TaskMachine, event: EventOf<'release'>): Change {
  if (task.state !== 'leased' || !isCurrent(task, event.fence)) return undefined;
  if (task.lease?.agentId !== event.agentId) return undefined;
  return { ...BACK, attempts: task.attempts - 1 };
}

function fail(task: TaskMachine, event: EventOf<'fail'>): Change {
  if (task.state !== 'leased' || !isCurrent(task, event.fence)) return undefined;
  if (task.lease?.agentId !== event.agentId) return undefined;
  const known = task.failedAgents.includes(event.agentId);
  const failedAgents = known ? task.failedAgents : [...task.failedAgents, event.agentId];
  const { inputAtFault } = event;
  const verdict = afterFailure({ failures: task.attempts - task.lost, failedAgents, inputAtFault });
  return { ...BACK, failedAgents, ...(verdict === 'give_up' ? { state: 'failed' as const } : {}) };
}

/** L11 as for a commit. A part goes on exactly where the last one ended, so that every frame is in one of them. */
function save(task: TaskMachine, { fence, part }: EventOf<'save'>): Change {
  if (!isUnfinished(task) || !isCurrent(task, fence)) return undefined;
  if (task.parts.length >= MAX_PARTS || savedFrames(task) !== part.startFrame) return undefined;
  return { parts: [...task.parts, part] };
}

function commit(task: TaskMachine, event: EventOf<'commit'>): Change {
  if (!isUnfinished(task) || !isCurrent(task, event.fence)) return undefined;
  const resumed = event.resumedFrames ?? 0;
  // Parts of this very attempt lie within its segment: they were for the case that it dies.
  const parts = task.parts.filter((part) => part.endFrame <= resumed);
  if (savedFrames({ parts }) !== resumed) return undefined;
  return {
    state: 'succeeded',
    content: event.content,
    committedBy: event.fence.leaseId,
    lease: undefined,
    parts,
  };
}

function cancel(task: TaskMachine): Change {
  return isUnfinished(task) ? { ...CANCELLED, epoch: task.epoch + 1 } : undefined;
}

/** L1: of a task that was cancelled before, nothing changes. */
function drop(task: TaskMachine): Change {
  if (task.state === 'cancelled') return undefined;
  return { ...CANCELLED, epoch: task.epoch + 1, content: undefined, committedBy: undefined };
}
