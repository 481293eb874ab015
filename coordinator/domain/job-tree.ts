import { assert, GridError } from '../../shared/errors.ts';
import {
  blamed,
  checkCancel,
  ended,
  forgiven,
  isPart,
  noClip,
  partDone,
  planned,
  recounted,
  redoClipFrom,
  redoMergeFrom,
  retryFrom,
  startedOver,
  type JobMachine,
} from './job-machine.ts';
import { afterLoss } from './retry-policy.ts';
import { isUnfinished, nextTask, type TaskEvent, type TaskMachine } from './task-machine.ts';
import { roleOf } from './task-kinds.ts';
import type { TaskKind } from './task.ts';

/** A task in its job. Whoever keeps more about a task extends it: what is more is carried along untouched. */
export interface TreeTask extends TaskMachine {
  readonly kind: TaskKind;
  /** -1: none. */
  readonly clipIndex: number;
  readonly framesTotal: number;
}

/** A job with its tasks: what changes in one step. */
export interface JobTree<T extends TreeTask> {
  readonly job: JobMachine;
  readonly tasks: ReadonlyMap<string, T>;
}

/** Makes the task that joins the parts of a job, which are all there. */
export type MakeMerge<T extends TreeTask> = (tree: JobTree<T>) => T;

/** What a look at the source leads to: the tasks of the plan, or none because there can be no plan. */
export interface NextStages<T extends TreeTask> {
  plan(): readonly T[] | undefined;
  readonly merge: MakeMerge<T>;
}

function put<T extends TreeTask>(tree: JobTree<T>, ...tasks: readonly T[]): JobTree<T> {
  return { ...tree, tasks: new Map([...tree.tasks, ...tasks.map((task) => [task.taskId, task] as const)]) };
}

function requireTask<T extends TreeTask>(tree: JobTree<T>, taskId: string): T {
  const task = tree.tasks.get(taskId);
  assert(task !== undefined, 'a task is looked for in its own job');
  return task;
}

/** One event on one task that touches nothing else. Undefined: it does not apply. */
export function withTask<T extends TreeTask>(
  tree: JobTree<T>,
  taskId: string,
  event: TaskEvent,
): JobTree<T> | undefined {
  const next = nextTask(requireTask(tree, taskId), event);
  return next && put(tree, next);
}

function mapTasks<T extends TreeTask>(tree: JobTree<T>, change: (task: T) => T | undefined): JobTree<T> {
  return put(tree, ...[...tree.tasks.values()].map((task) => change(task) ?? task));
}

/** All that is unfinished is taken back: nothing of a running attempt can be committed (L1). */
function endJob<T extends TreeTask>(tree: JobTree<T>, state: 'failed' | 'cancelled'): JobTree<T> {
  const cancelled = mapTasks(tree, (task) => nextTask(task, { type: 'cancel' }));
  return { ...cancelled, job: ended(tree.job, state) };
}

/** A merge that exists already becomes ready anew: epoch + 1, so that a late merge of an older plan can never commit. */
function startMerge<T extends TreeTask>(tree: JobTree<T>, merge: MakeMerge<T>): JobTree<T> {
  const made = merge(tree);
  const old = [...tree.tasks.values()].find((task) => roleOf(task.kind) === 'close');
  return put(tree, old ? { ...made, taskId: old.taskId, epoch: old.epoch + 1 } : made);
}

/** L3, L10, L11. Undefined: the fence is not the current one. */
export function commitTask<T extends TreeTask>(
  tree: JobTree<T>,
  commit: Omit<Extract<TaskEvent, { type: 'commit' }>, 'type'>,
  stages: NextStages<T>,
): JobTree<T> | undefined {
  const done = withTask(tree, commit.fence.taskId, { type: 'commit', ...commit });
  if (done === undefined) return undefined;
  const task = requireTask(done, commit.fence.taskId);
  switch (roleOf(task.kind)) {
    case 'close':
      return { ...done, job: ended(done.job, 'succeeded') };
    case 'first': {
      const plan = stages.plan();
      return plan ? { ...put(done, ...plan), job: planned(done.job, plan) } : endJob(done, 'failed');
    }
    case 'part': {
      const counted = { ...done, job: partDone(done.job, task) };
      return counted.job.state === 'merging' ? startMerge(counted, stages.merge) : counted;
    }
    case 'aside':
      return done;
  }
}

/** A task that failed for good takes its job with it; one that is only there to be looked at does not. */
function settle<T extends TreeTask>(tree: JobTree<T>, taskId: string): JobTree<T> {
  const task = requireTask(tree, taskId);
  return task.state === 'failed' && roleOf(task.kind) !== 'aside' ? endJob(tree, 'failed') : tree;
}

export function failTask<T extends TreeTask>(
  tree: JobTree<T>,
  failure: Omit<Extract<TaskEvent, { type: 'fail' }>, 'type'>,
): JobTree<T> | undefined {
  const { agentId, fence } = failure;
  const failed = withTask(tree, fence.taskId, { type: 'fail', ...failure });
  if (failed === undefined) return undefined;
  // Tasks are counted, not attempts: one bad clip says little about an agent.
  const first = !requireTask(tree, fence.taskId).failedAgents.includes(agentId);
  return settle(first ? { ...failed, job: blamed(failed.job, agentId) } : failed, fence.taskId);
}

/** An attempt ended without a word: by its expiry, or because the agent's process is another one now. */
export function loseTask<T extends TreeTask>(
  tree: JobTree<T>,
  taskId: string,
  event: Extract<TaskEvent, { type: 'expire' | 'give_back' }>,
): JobTree<T> | undefined {
  const back = withTask(tree, taskId, event);
  if (back === undefined || (event.type === 'give_back' && !event.lost)) return back;
  if (afterLoss(requireTask(back, taskId).lost) === 'again') return back;
  return giveUpTask(back, taskId);
}

/** L15: nobody will do it. Undefined: it is over. */
export function giveUpTask<T extends TreeTask>(tree: JobTree<T>, taskId: string): JobTree<T> | undefined {
  const givenUp = withTask(tree, taskId, { type: 'give_up' });
  return givenUp && settle(givenUp, taskId);
}

export function cancelJob<T extends TreeTask>(tree: JobTree<T>): JobTree<T> {
  checkCancel(tree.job);
  return endJob(tree, 'cancelled');
}

/** An administrator ended one task: its job fails with that, unless the task was only there to be looked at. */
export function cancelTask<T extends TreeTask>(tree: JobTree<T>, taskId: string): JobTree<T> {
  const task = requireTask(tree, taskId);
  if (!isUnfinished(task)) {
    throw new GridError('failed_precondition', `task ${taskId} has ended already: it is ${task.state}`);
  }
  if (roleOf(task.kind) === 'aside') return withTask(tree, taskId, { type: 'cancel' }) ?? tree;
  return endJob(tree, 'failed');
}

/** A running task again, from the start; a failed one needs its job. */
export function retryTask<T extends TreeTask>(tree: JobTree<T>, taskId: string): JobTree<T> {
  const task = requireTask(tree, taskId);
  if (task.state !== 'leased') {
    const message = `task ${taskId} is ${task.state}: only a running task can be started again; retry its job`;
    throw new GridError('failed_precondition', message);
  }
  return withTask(tree, taskId, { type: 'redo' }) ?? tree;
}

/** From the very start: only the look at the source is left, and it is ready. A job that began planned has its plan. */
function startOver<T extends TreeTask>(tree: JobTree<T>, merge: MakeMerge<T>): JobTree<T> {
  const first = [...tree.tasks.values()].filter((task) => roleOf(task.kind) === 'first');
  if (first.length === 0) {
    const job = { ...forgiven(tree.job), collected: false };
    return redoParts({ ...tree, job }, () => true, merge);
  }
  const ready = first.map((task) => nextTask(task, { type: 'redo' }) ?? task);
  return { job: startedOver(tree.job), tasks: new Map(ready.map((task) => [task.taskId, task])) };
}

/** The merge is not wanted any more, wherever it is. */
function dropMerge<T extends TreeTask>(tree: JobTree<T>): JobTree<T> {
  return mapTasks(tree, (task) =>
    roleOf(task.kind) === 'close' ? nextTask(task, { type: 'drop' }) : undefined,
  );
}

/** Some parts are put back: a merge waits for them, or is made anew of what is there. L1: one change either way. */
function mergeAgain<T extends TreeTask>(tree: JobTree<T>, merge: MakeMerge<T>): JobTree<T> {
  const counted = { ...tree, job: recounted(tree.job, [...tree.tasks.values()]) };
  return counted.job.state === 'merging' ? startMerge(counted, merge) : dropMerge(counted);
}

/** Parts back to the start: those that ended badly, and those that are asked for. */
function redoParts<T extends TreeTask>(
  tree: JobTree<T>,
  asked: (task: T) => boolean,
  merge: MakeMerge<T>,
): JobTree<T> {
  const reset = mapTasks(tree, (task) => {
    const bad = task.state === 'failed' || task.state === 'cancelled';
    return isPart(task.kind) && (bad || asked(task)) ? nextTask(task, { type: 'redo' }) : undefined;
  });
  return mergeAgain(reset, merge);
}

/** Failed or cancelled: on from what was committed. */
export function retryJob<T extends TreeTask>(tree: JobTree<T>, merge: MakeMerge<T>): JobTree<T> {
  if (retryFrom(tree.job) === 'start') return startOver(tree, merge);
  return redoParts({ ...tree, job: forgiven(tree.job) }, () => false, merge);
}

/** One clip again, whatever became of it; the result is rebuilt. */
export function redoClip<T extends TreeTask>(
  tree: JobTree<T>,
  clipIndex: number,
  merge: MakeMerge<T>,
): JobTree<T> {
  const isClip = (task: T): boolean => task.kind === 'encode' && task.clipIndex === clipIndex;
  const exists = [...tree.tasks.values()].some(isClip);
  if (redoClipFrom(tree.job, { index: clipIndex, exists }) === 'start') return startOver(tree, merge);
  return redoParts({ ...tree, job: forgiven(tree.job) }, isClip, merge);
}

/** The merge again, from the segments that are there. */
export function redoMerge<T extends TreeTask>(tree: JobTree<T>, merge: MakeMerge<T>): JobTree<T> {
  const { openTasks } = recounted(tree.job, [...tree.tasks.values()]);
  const from = redoMergeFrom(tree.job, openTasks);
  if (from === 'joined') return tree;
  if (from === 'start') return startOver(tree, merge);
  return mergeAgain(tree, merge);
}

/** A task of kind `clip`, to look at one: the one that is usable, or one made of its encode task. */
export function exportClip<T extends TreeTask>(
  tree: JobTree<T>,
  clipIndex: number,
  make: (encode: T) => T,
): { tree: JobTree<T>; taskId: string } {
  const tasks = [...tree.tasks.values()].filter((task) => task.clipIndex === clipIndex);
  const encode = tasks.find((task) => task.kind === 'encode');
  if (encode === undefined) throw noClip(tree.job.jobId, clipIndex);
  const old = tasks.find((task) => task.kind === 'clip');
  if (old && (isUnfinished(old) || old.state === 'succeeded')) return { tree, taskId: old.taskId };
  const made = make(encode);
  const task = old ? { ...made, taskId: old.taskId, epoch: old.epoch + 1 } : made;
  return { tree: put(tree, task), taskId: task.taskId };
}
