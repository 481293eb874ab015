import { tookOver } from '../../domain/agent.ts';
import { hasClose, resultFile } from '../../domain/job-shape.ts';
import type { Failure, JobSpec } from '../../domain/job.ts';
import { bannedAgents } from '../../domain/job-machine.ts';
import { commitTask, failTask, giveUpTask, loseTask, withTask, type JobTree } from '../../domain/job-tree.ts';
import { canRun } from '../../domain/free-agents.ts';
import { LOOK_AHEAD, type Candidate } from '../../domain/placement.ts';
import { isForgiven, jumpBetween, latestEndMs, mayExpire, sweep, wasWatched } from '../../domain/sweep.ts';
import {
  isCurrent,
  saidBefore,
  savedBefore,
  savedFrames,
  type TaskEvent,
} from '../../domain/task-machine.ts';
import { roleOf, TASK_KINDS } from '../../domain/task-kinds.ts';
import type { Artifact, Fence, TaskOutput, TaskPart } from '../../domain/task.ts';
import { unableFailure } from '../../domain/waiting.ts';
import {
  knownTo,
  resumedFrames,
  type CommitOutcome,
  type Completion,
  type ExpireOptions,
  type GrantedTask,
  type GrantRequest,
  type LeaseStore,
  type Renewal,
  type StageRules,
  type WaitLimit,
} from '../lease-store.ts';
import { makeMerge } from './make-merge.ts';
import type { TaskRecord } from './records.ts';
import type { MemoryState } from './state.ts';

/** What was committed, as one text: the same content gives the same (L3). */
function contentOf(output: TaskOutput): string {
  return output.artifacts.map((one) => `${one.name}:${one.sha256}`).join();
}

/** Applies an event to one task, if its job is there and the event applies. */
function apply(state: MemoryState, taskId: string, event: TaskEvent): TaskRecord | undefined {
  const record = state.jobOf(taskId);
  const tree = record && withTask(record.tree, taskId, event);
  if (record === undefined || tree === undefined) return undefined;
  state.save(record.input.jobId, tree);
  return state.jobOf(taskId)?.tree.tasks.get(taskId);
}

/** Keeps details that decide nothing. */
function annotate(state: MemoryState, taskId: string, change: Partial<TaskRecord>): void {
  const record = state.jobOf(taskId);
  const task = record?.tree.tasks.get(taskId);
  if (!record || !task) return;
  const { tree } = record;
  state.save(record.input.jobId, { ...tree, tasks: new Map(tree.tasks).set(taskId, { ...task, ...change }) });
}

/** Of a task that nobody has begun; one that was is done by itself, so that the failure of one is not that of others. */
function keyOf({ shareKey, attempts, parts }: TaskRecord): string | undefined {
  return attempts === 0 && parts.length === 0 ? shareKey : undefined;
}

function candidatesFor(state: MemoryState, request: GrantRequest): Candidate[] {
  const slots = request.capacities.reduce((sum, capacity) => sum + capacity.freeSlots, 0);
  const able = (task: TaskRecord): boolean =>
    request.capacities.some((capacity) => canRun(capacity.capabilities, task.requires));
  const order = (task: TaskRecord): number => state.job(task.jobId).order;
  const ready = state.tasks().filter((task) => task.state === 'ready' && able(task));
  ready.sort(
    (a, b) =>
      b.priority - a.priority ||
      order(a) - order(b) ||
      b.cost - a.cost ||
      (a.taskId < b.taskId ? -1 : a.taskId > b.taskId ? 1 : 0),
  );
  const first = ready.slice(0, slots + LOOK_AHEAD);
  const keys = new Set(first.flatMap((task) => keyOf(task) ?? []));
  const beside = ready.slice(first.length).filter((task) => keys.has(keyOf(task) ?? ''));
  return [...first, ...beside].map((task) => {
    const key = keyOf(task);
    return {
      taskId: task.taskId,
      requires: task.requires,
      failedAgents: task.failedAgents,
      bannedAgents: bannedAgents(state.job(task.jobId).tree.job),
      ...(key === undefined ? {} : { share: { key, whole: TASK_KINDS[task.kind].shares === 'whole' } }),
    };
  });
}

async function grant(state: MemoryState, request: GrantRequest): Promise<GrantedTask[]> {
  const known = await knownTo(request, candidatesFor(state, request));
  const placements = request.place(candidatesFor(state, request), request.capacities, known);
  return placements.flatMap(({ taskId, agentId, sessionId }): GrantedTask[] => {
    const leaseId = request.newLeaseId();
    const agent = state.agents.get(agentId);
    if (agent?.sessionId !== sessionId || agent.view.state !== 'online') return [];
    const readyAtMs = state.jobOf(taskId)?.tree.tasks.get(taskId)?.readyAtMs ?? state.nowMs;
    const lease = { leaseId, agentId, sessionId, untilMs: state.nowMs + request.ttlMs };
    const task = apply(state, taskId, { type: 'grant', lease });
    if (task === undefined) return [];
    const { jobId, kind, epoch, clipIndex, spec } = task;
    const saved = savedFrames(task);
    const record = state.job(jobId);
    if (roleOf(kind) === 'first' && record.startedAtMs === undefined)
      state.save(jobId, record.tree, { startedAtMs: state.nowMs });
    state.say({
      type: 'task.granted',
      jobId,
      taskId,
      agentId,
      data: { kind, clip: clipIndex, epoch, saved },
    });
    const fence = { taskId, epoch, leaseId };
    const waitedMs = state.nowMs - readyAtMs;
    return [
      {
        fence,
        sessionId,
        agentId,
        jobId,
        kind,
        clipIndex,
        spec,
        savedFrames: saved,
        waitedMs,
        traceparent: '',
      },
    ];
  });
}

function renew(state: MemoryState, renewals: readonly Renewal[], ttlMs: number): Fence[] {
  const { nowMs, sweepMark } = state;
  return renewals.flatMap(({ fence, sessionId, ...said }) => {
    const task = state.jobOf(fence.taskId)?.tree.tasks.get(fence.taskId);
    const forgiven = isForgiven(sweepMark, task?.lease?.untilMs ?? 0, nowMs);
    const event = { type: 'renew', fence, sessionId, untilMs: nowMs + ttlMs, nowMs, forgiven } as const;
    const renewed = task && apply(state, fence.taskId, event);
    if (renewed === undefined) return [];
    const { fps, speed = 0, phase } = said;
    const framesDone = Math.max(renewed.framesDone, said.framesDone);
    annotate(state, fence.taskId, {
      framesDone,
      fps,
      speed,
      phase,
      logTail: said.logTail || renewed.logTail,
    });
    return [fence];
  });
}

/** An attempt that ended without a word; the last one allowed takes the job with it. */
function lose(
  state: MemoryState,
  task: TaskRecord,
  event: Extract<TaskEvent, { type: 'expire' | 'give_back' }>,
): boolean {
  const { tree } = state.job(task.jobId);
  const next = loseTask(tree, task.taskId, event);
  if (next === undefined) return false;
  const gone = next.tasks.get(task.taskId);
  if (event.type === 'expire') {
    const { kind, clipIndex, agentId } = task;
    const said = { type: 'task.expired', jobId: task.jobId, taskId: task.taskId };
    state.say({
      ...said,
      ...(agentId === undefined ? {} : { agentId }),
      data: { kind, clip: clipIndex },
    });
  }
  const givenUp = gone?.state === 'failed';
  const failure: Failure = {
    code: 'lost_lease',
    stage: task.kind,
    message: `${gone?.lost} attempts ended without a word from their agents, the last one on ${task.agentId}`,
    log: task.logTail,
    ...(task.clipIndex >= 0 ? { clipIndex: task.clipIndex } : {}),
  };
  end(state, task, { next, ...(givenUp ? { failure } : {}) });
  return true;
}

/** Keeps a step after which the task, and with it the job, may have failed for good. */
function end(
  state: MemoryState,
  task: TaskRecord,
  { next, failure }: { next: JobTree<TaskRecord>; failure?: Failure },
): void {
  // A clip to look at may fail long after its job did.
  const failed = next.job.state === 'failed' && state.job(task.jobId).tree.job.state !== 'failed';
  state.save(task.jobId, next, failed && failure ? { failure } : {});
  if (failure) annotate(state, task.taskId, { failure });
  if (failed) state.sayState(task.jobId);
}

function adopt(state: MemoryState, input: Parameters<LeaseStore['adopt']>[0]): Fence[] {
  const { agentId, sessionId, restarted } = input;
  if (state.agents.get(agentId)?.sessionId !== sessionId) throw tookOver(agentId);
  const untilMs = state.nowMs + input.ttlMs;
  const kept = input.held.filter(
    (fence) =>
      apply(state, fence.taskId, { type: 'adopt', fence, agentId, sessionId, untilMs }) !== undefined,
  );
  for (const task of state.tasks())
    lose(state, task, { type: 'give_back', agentId, sessionId, lost: restarted });
  return kept;
}

function commitOne(state: MemoryState, completion: Completion, rules: StageRules): CommitOutcome {
  const { fence, output, logTail, plan, planFailure } = completion;
  const record = state.jobOf(fence.taskId);
  const task = record?.tree.tasks.get(fence.taskId);
  const refused = { committed: false, repeated: false };
  if (!record || !task) return refused;
  const content = contentOf(output);
  if (saidBefore(task, fence, content)) return { committed: true, repeated: true };
  const { jobId } = record.input;
  const { failure: _, ...clean } = task;
  const done = { ...clean, output, logTail, framesDone: task.framesTotal };
  const tree = { ...record.tree, tasks: new Map(record.tree.tasks).set(task.taskId, done) };
  const merge = makeMerge(state, plan ? { ...record, plan: plan.summary } : record, rules);
  const tasks = () => plan?.tasks.map((one) => state.newTask(jobId, { ...one, taskId: rules.newTaskId() }));
  const resumed = resumedFrames(output);
  const next = commitTask(tree, { fence, content, resumedFrames: resumed }, { plan: tasks, merge });
  if (next === undefined) return refused;
  const isOver = next.job.state === 'succeeded' && record.tree.job.state !== 'succeeded';
  const result = isOver ? resultOf(record.input.spec, next, output) : undefined;
  state.save(jobId, next, {
    ...(plan ? { plan: plan.summary } : {}),
    ...(result ? { result } : {}),
    ...(next.job.state === 'failed' && planFailure ? { failure: planFailure } : {}),
  });
  sayCommit(state, { task, before: record.tree.job.state, next });
  return { committed: true, repeated: false, jobId };
}

/** What a job ends with: its close's result, or the file of its parts that is one. */
function resultOf(spec: JobSpec, { tasks }: JobTree<TaskRecord>, last: TaskOutput): Artifact | undefined {
  if (hasClose(spec)) return last.artifacts.find((one) => one.name === 'result');
  const parts = [...tasks.values()].filter((one) => roleOf(one.kind) === 'part');
  return resultFile(
    spec,
    parts.flatMap((one) => one.output ?? []),
  );
}

function sayCommit(
  state: MemoryState,
  { task, before, next }: { task: TaskRecord; before: string; next: JobTree<TaskRecord> },
): void {
  const { jobId, taskId, kind, clipIndex, agentId } = task;
  const who = agentId === undefined ? {} : { agentId };
  state.say({ type: 'task.succeeded', jobId, taskId, ...who, data: { kind, clip: clipIndex } });
  const { job } = next;
  if (before === 'indexing' && job.state === 'encoding')
    state.say({ type: 'job.planned', jobId, data: { clips: job.clipsTotal, frames: job.framesTotal } });
  if (job.state !== before) state.sayState(jobId);
}

function savePart(state: MemoryState, fence: Fence, part: TaskPart): boolean {
  const task = state.jobOf(fence.taskId)?.tree.tasks.get(fence.taskId);
  if (task === undefined) return false;
  if (savedBefore(task, fence, part)) return true;
  return apply(state, fence.taskId, { type: 'save', fence, part }) !== undefined;
}

function fail(state: MemoryState, input: Parameters<LeaseStore['fail']>[0]): boolean {
  const { fence, agentId, failure, inputAtFault } = input;
  const record = state.jobOf(fence.taskId);
  const task = record?.tree.tasks.get(fence.taskId);
  const next = record && task && failTask(record.tree, { fence, agentId, inputAtFault });
  if (!task || !next) return false;
  const { jobId, taskId } = task;
  const { log, ...data } = failure;
  state.say({ type: 'task.failed', jobId, taskId, agentId, data });
  end(state, task, { next, failure });
  annotate(state, taskId, { logTail: log });
  return true;
}

function release(state: MemoryState, fence: Fence, agentId: string): boolean {
  const task = state.jobOf(fence.taskId) && apply(state, fence.taskId, { type: 'release', fence, agentId });
  if (!task) return false;
  state.say({ type: 'task.released', jobId: task.jobId, taskId: task.taskId, agentId });
  return true;
}

/** What else is measured by a clock that jumped goes with it. */
function followJump(state: MemoryState, jumpMs: number): void {
  for (const [agentId, record] of state.agents) {
    const { view, drain } = record;
    const lastSeenAt = new Date(view.lastSeenAt.getTime() + jumpMs);
    const untilMs = drain?.untilMs;
    const moved = untilMs === undefined ? drain : { untilMs: untilMs + jumpMs };
    state.agents.set(agentId, { ...record, view: { ...view, lastSeenAt }, drain: moved });
  }
}

function expire(state: MemoryState, { ttlMs, outageMs, limit, sinceMs }: ExpireOptions): number {
  const { nowMs } = state;
  const jumpMs = jumpBetween(nowMs - state.sweepMark.sweptAtMs, sinceMs?.() ?? Infinity, outageMs);
  if (jumpMs !== 0) followJump(state, jumpMs);
  state.sweepMark = sweep(state.sweepMark, { nowMs, ttlMs, outageMs });
  if (!mayExpire(state.sweepMark, nowMs)) return 0;
  const latestMs = latestEndMs({ nowMs, ttlMs });
  for (const { taskId } of state.tasks())
    apply(state, taskId, { type: 'cap', latestMs, untilMs: nowMs + ttlMs });
  const until = (task: TaskRecord): number => task.lease?.untilMs ?? Infinity;
  const due = state.tasks().filter((task) => task.state === 'leased' && until(task) <= nowMs);
  due.sort((a, b) => until(a) - until(b));
  return due.slice(0, limit).filter((task) => lose(state, task, { type: 'expire', nowMs })).length;
}

/** L13: a drained agent that does not give back by itself what it still holds. */
function revokeDrained(state: MemoryState, graceMs: number, limit: number): number {
  const isOver = (agentId: string | undefined): boolean => {
    const until = agentId === undefined ? undefined : state.agents.get(agentId)?.drain?.untilMs;
    return until !== undefined && until <= state.nowMs - graceMs;
  };
  const due = state.tasks().filter((task) => task.state === 'leased' && isOver(task.lease?.agentId));
  return due.slice(0, limit).filter(({ taskId, epoch, lease }) => {
    const fence = { taskId, epoch, leaseId: lease?.leaseId ?? '' };
    return release(state, fence, lease?.agentId ?? '');
  }).length;
}

/** L15: what waits for somebody who is never there. */
function giveUpWaiting(state: MemoryState, { maxWaitMs, limit }: WaitLimit): number {
  const since = state.nowMs - maxWaitMs;
  if (!wasWatched(state.sweepMark, state.nowMs, maxWaitMs)) return 0;
  const seen = [...state.agents.values()].filter(({ view }) => view.lastSeenAt.getTime() > since);
  const able = seen.map(({ view }) => new Set(view.capabilities));
  const hopeless = (task: TaskRecord): boolean =>
    task.state === 'ready' && task.readyAtMs < since && !able.some((one) => canRun(one, task.requires));
  const first = new Map<string, TaskRecord>();
  for (const task of state.tasks()) {
    if (hopeless(task) && !first.has(task.jobId)) first.set(task.jobId, task);
  }
  const due = [...first.values()].slice(0, limit);
  for (const task of due) {
    const next = giveUpTask(state.job(task.jobId).tree, task.taskId);
    if (next) end(state, task, { next, failure: unableFailure(task, maxWaitMs) });
  }
  return due.length;
}

/** The lease rules in memory, over the domain's state machines: what PostgreSQL does, without PostgreSQL. */
export function memoryLeaseStore(state: MemoryState): LeaseStore {
  return {
    grant: (request) => grant(state, request),
    renew: async (renewals, ttlMs) => renew(state, renewals, ttlMs),
    adopt: async (input) => adopt(state, input),
    async shorten(sessionId, graceMs) {
      const untilMs = state.nowMs + graceMs;
      for (const { taskId } of state.tasks()) apply(state, taskId, { type: 'shorten', sessionId, untilMs });
    },
    async context(fence) {
      const record = state.jobOf(fence.taskId);
      const task = record?.tree.tasks.get(fence.taskId);
      if (!record || !task) return undefined;
      const { state: now, epoch, committedBy } = task;
      const committed = now === 'succeeded' && epoch === fence.epoch && committedBy === fence.leaseId;
      if (!committed && !isCurrent(task, fence)) return undefined;
      const { jobId, agentId = '', kind, clipIndex, spec } = task;
      return { jobId, agentId, kind, clipIndex, spec, jobSpec: record.input.spec, traceparent: '' };
    },
    commit: async (completions, rules) => completions.map((one) => commitOne(state, one, rules)),
    savePart: async (fence, part) => savePart(state, fence, part),
    fail: async (failure) => fail(state, failure),
    release: async (fence, agentId) => release(state, fence, agentId),
    expire: async (options) => expire(state, options),
    revokeDrained: async ({ graceMs, limit }) => revokeDrained(state, graceMs, limit),
    giveUpWaiting: async (limit) => giveUpWaiting(state, limit),
    async raiseWaiting(afterMs, priority) {
      const before = state.nowMs - afterMs;
      for (const task of state.tasks()) {
        if (task.state !== 'ready' || task.priority >= priority || task.readyAtMs >= before) continue;
        annotate(state, task.taskId, { priority });
      }
    },
  };
}
