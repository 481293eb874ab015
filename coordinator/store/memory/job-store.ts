import { GridError } from '../../../shared/errors.ts';
import type { Failure, JobSpec, JobState } from '../../domain/job.ts';
import { fileName } from '../../../shared/file-names.ts';
import { hasClose, shapeOf } from '../../domain/job-shape.ts';
import { indexGone, indexInUse, indexOfSpec } from '../../domain/named-index.ts';
import { newJobMachine, planned } from '../../domain/job-machine.ts';
import {
  cancelJob,
  cancelTask,
  exportClip,
  redoClip,
  redoMerge,
  retryJob,
  retryTask,
  type JobTree,
} from '../../domain/job-tree.ts';
import { ALL_KINDS, roleOf, TASK_KINDS, THUMBNAIL } from '../../domain/task-kinds.ts';
import type { Artifact, ClipView, OpenWork } from '../../domain/task.ts';
import type { JobQuery, JobView, Page } from '../../grid/face.ts';
import type { JobStore, KnownSource, NewJob, Redo } from '../job-store.ts';
import { makeMerge } from './make-merge.ts';
import {
  newRecord,
  toClipView,
  toTaskBrief,
  toJobProgress,
  toJobView,
  toTaskView,
  type JobRecord,
  type TaskRecord,
} from './records.ts';
import type { MemoryState } from './state.ts';

function submit(state: MemoryState, input: NewJob): JobView {
  const { jobId, ownerId, idempotencyKey, priority } = input;
  const same = [...state.jobs.values()].find(
    (record) =>
      idempotencyKey !== undefined &&
      record.input.ownerId === ownerId &&
      record.input.idempotencyKey === idempotencyKey,
  );
  if (same && same.input.specHash === input.specHash) return toJobView(same);
  if (same) {
    const message = `Idempotency-Key ${idempotencyKey} was used for another job (${same.input.jobId}): use a new key for a new job`;
    throw new GridError('already_exists', message, {
      details: { field: 'Idempotency-Key', value: idempotencyKey },
    });
  }
  const { plan, spec, nowMs } = { ...input, nowMs: state.nowMs };
  if (plan) keepIndex(state, spec, plan.index?.key);
  const tasks = input.tasks.map((task) => newRecord(task, { jobId, priority, nowMs }));
  const fresh = newJobMachine(jobId, hasClose(spec));
  const job = plan ? planned(fresh, tasks) : fresh;
  const tree = { job, tasks: new Map(tasks.map((task) => [task.taskId, task])) };
  state.addJob(input, tree);
  state.say({ type: 'job.created', jobId, data: { name: input.name, dialect: input.dialect } });
  if (plan) {
    state.save(jobId, tree, { plan, startedAtMs: nowMs });
    state.say({ type: 'job.planned', jobId, data: { clips: job.clipsTotal, frames: job.framesTotal } });
    state.sayState(jobId);
  }
  return toJobView(state.job(jobId));
}

/** The index that is named must still be there. */
function keepIndex(state: MemoryState, spec: JobSpec, key: string | undefined): void {
  const indexOf = indexOfSpec(spec) ?? '';
  const named = state.jobs.get(indexOf);
  if (key === undefined || named?.plan?.index?.key !== key || named.tree.job.collected)
    throw indexGone(indexOf);
}

/** How many jobs stand on a job's index. */
function usersOf(state: MemoryState, jobId: string): number {
  return [...state.jobs.values()].filter(({ input }) => indexOfSpec(input.spec) === jobId).length;
}

function knownSource(state: MemoryState, jobId: string, ownerId: string): KnownSource {
  const { input, tree, plan } = state.job(jobId, ownerId);
  const { state: now, collected } = tree.job;
  return { spec: input.spec, state: now, collected, ...(plan ? { plan } : {}) };
}

function inOrder(tasks: Iterable<TaskRecord>): TaskRecord[] {
  const rank = (task: TaskRecord): number => ALL_KINDS.indexOf(task.kind);
  return [...tasks].toSorted((a, b) => rank(a) - rank(b) || a.clipIndex - b.clipIndex);
}

function isOfShape({ spec }: JobView, { shape }: JobQuery): boolean {
  return shape === undefined ? spec.shape !== 'preview' : shapeOf(spec) === shape;
}

function list(state: MemoryState, query: JobQuery): Page<JobView> {
  const all = [...state.jobs.values()].toSorted((a, b) => b.order - a.order);
  const from =
    query.cursor === undefined ? 0 : all.findIndex((one) => String(one.order) === query.cursor) + 1;
  const { idempotencyKey } = query;
  const keyed = (one: JobRecord): boolean =>
    idempotencyKey === undefined || one.input.idempotencyKey === idempotencyKey;
  const views = all
    .slice(from)
    .filter(keyed)
    .map((record) => ({ order: record.order, view: toJobView(record) }));
  const fitting = views.filter(
    ({ view }) =>
      (query.ownerId === undefined || view.ownerId === query.ownerId) &&
      (query.name === undefined || view.name.toLowerCase().includes(query.name.toLowerCase())) &&
      isOfShape(view, query) &&
      (query.dialect === undefined || view.dialect === query.dialect) &&
      (query.states === undefined || query.states.includes(view.state)),
  );
  const items = fitting.slice(0, query.limit);
  const last = items.at(-1);
  const more = fitting.length > query.limit && last !== undefined;
  return { items: items.map(({ view }) => view), ...(more ? { nextCursor: String(last.order) } : {}) };
}

/** Keeps a job's next tree and tells watchers: `encoding` first where the merge follows at once, as the stages do. */
function step(state: MemoryState, record: JobRecord, next: JobTree<TaskRecord>): void {
  const { jobId } = record.input;
  if (next === record.tree) return;
  state.save(jobId, next);
  if (next.job.state === 'merging') state.say({ type: 'job.state', jobId, data: { state: 'encoding' } });
  state.sayState(jobId);
}

function redo(state: MemoryState, { jobId, clipIndex, change, respec, rules }: Redo): void {
  const record = state.job(jobId);
  const next = redoClip(record.tree, clipIndex, makeMerge(state, record, rules));
  const clip = [...next.tasks.values()].find(
    (task) => task.kind === 'encode' && task.clipIndex === clipIndex,
  );
  if (clip === undefined || change === undefined) return step(state, record, next);
  const changed = respec(clip.spec, change);
  const priority = Math.max(clip.priority, change.priority ?? 0);
  const { shareKey: _, ...alone } = clip;
  const tasks = new Map(next.tasks).set(clip.taskId, { ...alone, ...changed, priority });
  step(state, record, { ...next, tasks });
}

function endTask(state: MemoryState, taskId: string): void {
  const record = requireJobOf(state, taskId);
  const task = record.tree.tasks.get(taskId);
  const next = cancelTask(record.tree, taskId);
  const { jobId } = record.input;
  const kind = task?.kind ?? 'encode';
  const failure: Failure = {
    code: 'cancelled',
    stage: kind,
    message: `an administrator cancelled the ${kind} task`,
    log: '',
    ...(task && task.clipIndex >= 0 ? { clipIndex: task.clipIndex } : {}),
  };
  if (roleOf(kind) !== 'aside') {
    state.save(jobId, next, { failure });
    return state.sayState(jobId);
  }
  const clip = next.tasks.get(taskId);
  state.save(jobId, {
    ...next,
    tasks: new Map(next.tasks).set(taskId, { ...(clip as TaskRecord), failure }),
  });
  state.say({ type: 'task.cancelled', jobId, taskId });
}

function requireJobOf(state: MemoryState, taskId: string): JobRecord {
  const record = state.jobOf(taskId);
  if (record !== undefined) return record;
  throw noTask(taskId);
}

function noTask(taskId: string): GridError {
  return new GridError('not_found', `there is no task ${taskId}`, {
    details: { field: 'task_id', value: taskId },
  });
}

/** Those of the jobs that are there. */
function known(state: MemoryState, jobIds: readonly string[]): JobRecord[] {
  return jobIds.flatMap((jobId) => state.jobs.get(jobId) ?? []);
}

/** Jobs of which a task is at an agent, and what they say of their progress. */
function runningJobs(state: MemoryState): Map<string, string> {
  const marks = new Map<string, string>();
  for (const [jobId, record] of state.jobs) {
    const leased = [...record.tree.tasks.values()].filter((task) => task.state === 'leased');
    if (leased.length === 0) continue;
    const said = leased.map(({ taskId, epoch, framesDone, fps, phase }) => [
      taskId,
      epoch,
      framesDone,
      fps,
      phase,
    ]);
    marks.set(jobId, JSON.stringify([record.tree.job.framesDone, said]));
  }
  return marks;
}

function view(state: MemoryState, task: TaskRecord) {
  return toTaskView(task, task.agentId && state.agents.get(task.agentId)?.view.name);
}

function taskView(state: MemoryState, taskId: string, ownerId?: string) {
  const record = requireJobOf(state, taskId);
  if (ownerId !== undefined && record.input.ownerId !== ownerId) throw noTask(taskId);
  return view(state, record.tree.tasks.get(taskId) as TaskRecord);
}

function tasksOf(state: MemoryState, jobId: string): TaskRecord[] {
  return inOrder(state.jobs.get(jobId)?.tree.tasks.values() ?? []);
}

/** Succeeded tasks of a job that is there. */
function outputsOf(state: MemoryState, jobId: string): TaskRecord[] {
  state.job(jobId);
  return tasksOf(state, jobId).filter((task) => task.state === 'succeeded');
}

function filesOf(state: MemoryState, jobId: string): Artifact[] {
  const artifacts = outputsOf(state, jobId).flatMap((task) => task.output?.artifacts ?? []);
  return artifacts.filter((artifact) => fileName(artifact) !== undefined);
}

function thumbnailOf(state: MemoryState, jobId: string, clipIndex: number): Artifact | undefined {
  const clips = outputsOf(state, jobId).filter((task) => task.kind === 'encode');
  const clip = clips.find((task) => task.clipIndex === clipIndex);
  return clip?.output?.artifacts.find(({ name }) => name === THUMBNAIL);
}

function countByState(state: MemoryState): ReadonlyMap<JobState, number> {
  const counts = new Map<JobState, number>();
  for (const record of state.jobs.values()) {
    const { state: now } = toJobView(record);
    counts.set(now, (counts.get(now) ?? 0) + 1);
  }
  return counts;
}

function openWork(state: MemoryState, jobId: string): OpenWork {
  const tasks = tasksOf(state, jobId);
  const ready = tasks.find((task) => task.state === 'ready');
  return {
    hasClips: tasks.some((task) => TASK_KINDS[task.kind].counts),
    isRunning: tasks.some((task) => task.state === 'leased'),
    ...(ready ? { firstReady: view(state, ready) } : {}),
  };
}

function clipsOf(state: MemoryState, jobId: string): ClipView[] {
  const clips = tasksOf(state, jobId).filter((task) => task.kind === 'encode');
  return clips.map((task) => toClipView(view(state, task)));
}

/** Jobs and tasks in memory. Transactions of the caller are none: everything happens at once. */
export function memoryJobStore(state: MemoryState): JobStore {
  return {
    submit: async (job) => submit(state, job),
    get: async (jobId, ownerId) => toJobView(state.job(jobId, ownerId)),
    knownSource: async (jobId, ownerId) => knownSource(state, jobId, ownerId),
    list: async (query) => list(state, query),
    some: async (jobIds) => known(state, jobIds).map((record) => toJobView(record)),
    progress: async (jobIds) =>
      new Map(known(state, jobIds).map((record) => [record.input.jobId, toJobProgress(record)])),
    running: async () => runningJobs(state),
    tasks: async (jobId) => tasksOf(state, jobId).map((task) => view(state, task)),
    briefTasks: async (jobId) => tasksOf(state, jobId).map((task) => toTaskBrief(view(state, task))),
    files: async (jobId) => filesOf(state, jobId),
    thumbnail: async (jobId, clipIndex) => thumbnailOf(state, jobId, clipIndex),
    outcome: async (jobId, kind) =>
      outputsOf(state, jobId).find((task) => task.kind === kind)?.output?.result,
    clips: async (jobId) => clipsOf(state, jobId),
    stamp: async (jobId) =>
      JSON.stringify([toJobView(state.job(jobId)), tasksOf(state, jobId).map((task) => view(state, task))]),
    openWork: async (jobId) => openWork(state, jobId),
    async listTasks({ jobId, limit, cursor }) {
      const all = tasksOf(state, jobId);
      const from = cursor === undefined ? 0 : Number(cursor);
      const items = all.slice(from, from + limit).map((task) => view(state, task));
      return { items, ...(all.length > from + limit ? { nextCursor: String(from + limit) } : {}) };
    },
    tasksOfAgent: async (agentId, ownerId) =>
      state
        .tasks()
        .filter((task) => task.state === 'leased' && task.lease?.agentId === (agentId ?? task.lease?.agentId))
        .filter(({ jobId }) => ownerId === undefined || state.jobs.get(jobId)?.input.ownerId === ownerId)
        .map((task) => view(state, task)),
    task: async (taskId, ownerId) => taskView(state, taskId, ownerId),
    async cancel(jobId, ownerId) {
      const record = state.job(jobId, ownerId);
      step(state, record, cancelJob(record.tree));
    },
    async retry(jobId, rules, ownerId) {
      const record = state.job(jobId, ownerId);
      step(state, record, retryJob(record.tree, makeMerge(state, record, rules)));
    },
    async remove(jobId, ownerId) {
      state.job(jobId, ownerId);
      const users = usersOf(state, jobId);
      if (users > 0) throw indexInUse(jobId, users);
      state.say({ type: 'job.removed', jobId });
      state.removeJob(jobId);
    },
    redoClip: async (wanted) => redo(state, wanted),
    async redoMerge(jobId, rules) {
      const record = state.job(jobId);
      step(state, record, redoMerge(record.tree, makeMerge(state, record, rules)));
    },
    async exportClip(jobId, clipIndex, build) {
      const record = state.job(jobId);
      const make = (encode: TaskRecord): TaskRecord =>
        state.newTask(jobId, { ...build(encode.spec), clipIndex });
      const { tree, taskId } = exportClip(record.tree, clipIndex, make);
      state.save(jobId, tree);
      return taskView(state, taskId);
    },
    cancelTask: async (taskId) => endTask(state, taskId),
    async retryTask(taskId) {
      const record = requireJobOf(state, taskId);
      state.save(record.input.jobId, retryTask(record.tree, taskId));
    },
    countByState: async () => countByState(state),
  };
}
