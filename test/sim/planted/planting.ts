import type { Fence } from '../../../coordinator/domain/task.ts';
import type { JobStore } from '../../../coordinator/store/job-store.ts';
import type { Completion, LeaseStore } from '../../../coordinator/store/lease-store.ts';
import type { TaskRecord } from '../../../coordinator/store/memory/records.ts';
import type { MemoryState } from '../../../coordinator/store/memory/state.ts';
import type { Plant } from '../database.ts';
import type { Rule } from '../rules.ts';
import type { Mutation } from '../simulate.ts';

/** A mistake that somebody could really make, and the rules of which one is broken first. */
export interface Bug extends Mutation {
  readonly name: string;
  readonly breaks: readonly Rule[];
}

/** Changes tasks behind the stores' back. */
export function patch(
  state: MemoryState,
  fits: (task: TaskRecord) => boolean,
  change: (task: TaskRecord) => TaskRecord,
): void {
  for (const { input, tree } of state.jobs.values()) {
    const tasks = [...tree.tasks.values()].map(
      (task) => [task.taskId, fits(task) ? change(task) : task] as const,
    );
    if (tasks.some(([taskId, task]) => tree.tasks.get(taskId) !== task))
      state.save(input.jobId, { ...tree, tasks: new Map(tasks) });
  }
}

/** Replaces some statements about leases. */
export function leases(change: (store: LeaseStore, state: MemoryState) => Partial<LeaseStore>): Plant {
  return (stores, state) => ({
    ...stores,
    leases: { ...stores.leases, ...change(stores.leases, state) },
  });
}

/** Replaces some statements about jobs. */
export function jobs(change: (store: JobStore, state: MemoryState) => Partial<JobStore>): Plant {
  return (stores, state) => ({ ...stores, jobs: { ...stores.jobs, ...change(stores.jobs, state) } });
}

/** Commits something else than was brought. */
export function commits(change: (completion: Completion) => Completion): Plant {
  return leases((store) => ({
    commit: (completions, rules) => store.commit(completions.map(change), rules),
  }));
}

export function find(state: MemoryState, taskId: string): TaskRecord | undefined {
  return state.jobOf(taskId)?.tree.tasks.get(taskId);
}

/** The fence that the task has, whichever was asked for. */
export function anyFence(state: MemoryState, fence: Fence): Fence {
  const task = find(state, fence.taskId);
  return { ...fence, epoch: task?.epoch ?? 0, leaseId: task?.lease?.leaseId ?? '' };
}
