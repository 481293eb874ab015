import type { LeaseStore } from '../../../coordinator/store/lease-store.ts';
import type { MemoryState } from '../../../coordinator/store/memory/state.ts';
import type { TaskRecord } from '../../../coordinator/store/memory/records.ts';
import type { Plant, Stores } from '../database.ts';

/** A mistake that somebody could really make. */
export interface Bug {
  readonly name: string;
  readonly plant: Plant;
}

type Change = (task: TaskRecord) => TaskRecord;

function patch(state: MemoryState, fits: (task: TaskRecord) => boolean, change: Change): void {
  for (const { input, tree } of state.jobs.values()) {
    const tasks = [...tree.tasks.values()].map(
      (task) => [task.taskId, fits(task) ? change(task) : task] as const,
    );
    if (tasks.some(([taskId, task]) => tree.tasks.get(taskId) !== task))
      state.save(input.jobId, { ...tree, tasks: new Map(tasks) });
  }
}

function leases(
  change: (store: LeaseStore, state: MemoryState, stores: Stores) => Partial<LeaseStore>,
): Plant {
  return (stores, state) => ({
    ...stores,
    leases: { ...stores.leases, ...change(stores.leases, state, stores) },
  });
}

function find(state: MemoryState, taskId: string): TaskRecord | undefined {
  return state.jobOf(taskId)?.tree.tasks.get(taskId);
}

function whoever(state: MemoryState, taskId: string): string {
  return find(state, taskId)?.lease?.leaseId ?? '';
}

/** The fence that the task has, whichever was asked for. */
function anyFence<F extends { taskId: string; epoch: number; leaseId: string }>(
  state: MemoryState,
  fence: F,
): F {
  const epoch = find(state, fence.taskId)?.epoch ?? 0;
  return { ...fence, epoch, leaseId: whoever(state, fence.taskId) };
}

export const BUGS: readonly Bug[] = [
  {
    name: 'a commit checks no fence',
    plant: leases((store, state) => ({
      context: (fence) => store.context(anyFence(state, fence)),
      async commit(completions, rules) {
        const outcomes = await store.commit(
          completions.map((one) => ({ ...one, fence: anyFence(state, one.fence) })),
          rules,
        );
        for (const [k, { fence }] of completions.entries()) {
          if (!outcomes[k]?.committed) continue;
          patch(
            state,
            (task) => task.taskId === fence.taskId,
            (task) => ({ ...task, committedBy: fence.leaseId }),
          );
        }
        return outcomes;
      },
    })),
  },
  {
    name: 'leases expire by a clock that runs ahead',
    plant: leases((store, state) => ({
      async expire(options) {
        patch(
          state,
          (task) => task.state === 'leased',
          (task) => ({ ...task, lease: { ...task.lease!, untilMs: (task.lease!.untilMs ?? 0) - 11_000 } }),
        );
        const ended = await store.expire(options);
        patch(
          state,
          (task) => task.state === 'leased',
          (task) => ({ ...task, lease: { ...task.lease!, untilMs: (task.lease!.untilMs ?? 0) + 11_000 } }),
        );
        return ended;
      },
    })),
  },
  {
    name: 'a grant keeps the epoch',
    plant: leases((store, state) => ({
      async grant(request) {
        const granted = await store.grant(request);
        const ids = new Set(granted.map(({ fence }) => fence.taskId));
        patch(
          state,
          (task) => ids.has(task.taskId),
          (task) => ({ ...task, epoch: task.epoch - 1 }),
        );
        return granted.map((one) => ({ ...one, fence: { ...one.fence, epoch: one.fence.epoch - 1 } }));
      },
    })),
  },
  {
    name: 'the grace of a broken stream is forgotten',
    plant: leases(() => ({ shorten: async () => undefined })),
  },
  {
    name: 'no hold after an outage',
    plant: leases((store, state) => ({
      async expire(options) {
        const ended = await store.expire({ ...options, outageMs: Infinity });
        state.sweepMark = { ...state.sweepMark, heldUntilMs: 0 };
        return ended;
      },
    })),
  },
  {
    name: 'a drained agent is granted work',
    plant: leases((store, state) => ({
      async grant(request) {
        const drained = [...state.agents].filter(([, agent]) => agent.drain);
        for (const [agentId, agent] of drained)
          state.agents.set(agentId, { ...agent, view: { ...agent.view, state: 'online' } });
        return store.grant(request);
      },
    })),
  },
  {
    name: 'a grant does not ask whose session it is',
    plant: leases((store, state) => ({
      async grant(request) {
        const now = new Map(state.agents);
        for (const { agentId, sessionId } of request.capacities) {
          const agent = state.agents.get(agentId);
          if (agent) state.agents.set(agentId, { ...agent, sessionId });
        }
        const granted = await store.grant(request);
        for (const [agentId, agent] of now) state.agents.set(agentId, agent);
        return granted;
      },
    })),
  },
  {
    name: 'a returning agent leaves leases with its old session',
    plant: leases(() => ({ adopt: async () => [] })),
  },
  {
    name: 'the merge is made in a second transaction that never comes',
    plant: leases((store, state) => ({
      async commit(completions, rules) {
        const outcomes = await store.commit(completions, rules);
        for (const { input, tree } of state.jobs.values()) {
          if (tree.job.state !== 'merging') continue;
          const tasks = [...tree.tasks].filter(([, task]) => task.kind !== 'merge');
          state.save(input.jobId, { ...tree, tasks: new Map(tasks) });
        }
        return outcomes;
      },
    })),
  },
  {
    name: 'the merge is made twice',
    plant: leases((store, state) => ({
      async commit(completions, rules) {
        const outcomes = await store.commit(completions, rules);
        for (const { input, tree } of state.jobs.values()) {
          const merge = [...tree.tasks.values()].find((task) => task.kind === 'merge');
          if (!merge || merge.state !== 'ready') continue;
          const again = { ...merge, taskId: rules.newTaskId() };
          state.save(input.jobId, { ...tree, tasks: new Map(tree.tasks).set(again.taskId, again) });
        }
        return outcomes;
      },
    })),
  },
  {
    name: 'a retry keeps the failed agents',
    plant: (stores, state) => ({
      ...stores,
      jobs: {
        ...stores.jobs,
        async retry(jobId, rules, ownerId) {
          const before = new Map(state.tasks().map((task) => [task.taskId, task.failedAgents]));
          await stores.jobs.retry(jobId, rules, ownerId);
          patch(
            state,
            (task) => (before.get(task.taskId)?.length ?? 0) > 0,
            (task) => ({ ...task, failedAgents: before.get(task.taskId) ?? [] }),
          );
        },
      },
    }),
  },
];
