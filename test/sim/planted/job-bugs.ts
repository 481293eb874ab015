import { incomingKey } from '../../../coordinator/domain/object-keys.ts';
import { roleOf } from '../../../coordinator/domain/task-kinds.ts';
import { commits, jobs, leases, patch, type Bug } from './planting.ts';

/** In the statements about jobs, and in what a commit does to one. */
export const JOB_BUGS: readonly Bug[] = [
  {
    name: 'the merge is made in a second transaction that never comes',
    breaks: ['L10'],
    plant: leases((store, state) => ({
      async commit(completions, rules) {
        const outcomes = await store.commit(completions, rules);
        for (const { input, tree } of state.jobs.values()) {
          if (tree.job.state !== 'merging') continue;
          const tasks = [...tree.tasks].filter(([, task]) => roleOf(task.kind) !== 'close');
          state.save(input.jobId, { ...tree, tasks: new Map(tasks) });
        }
        return outcomes;
      },
    })),
  },
  {
    name: 'the merge is made twice',
    breaks: ['L10'],
    plant: leases((store, state) => ({
      async commit(completions, rules) {
        const outcomes = await store.commit(completions, rules);
        for (const { input, tree } of state.jobs.values()) {
          const merge = [...tree.tasks.values()].find((task) => roleOf(task.kind) === 'close');
          if (!merge || merge.state !== 'ready') continue;
          const again = { ...merge, taskId: rules.newTaskId() };
          state.save(input.jobId, { ...tree, tasks: new Map(tree.tasks).set(again.taskId, again) });
        }
        return outcomes;
      },
    })),
  },
  {
    name: 'a commit names an object that is not there',
    breaks: ['L6'],
    plant: commits((one) => {
      const artifacts = one.output.artifacts.map((artifact) => ({ ...artifact, key: `${artifact.key}0` }));
      return { ...one, output: { ...one.output, artifacts } };
    }),
  },
  {
    name: 'a commit names the object that its agent may still write',
    breaks: ['L6'],
    plant: commits((one) => {
      const artifacts = one.output.artifacts.map((artifact) => {
        const { sha256 } = artifact;
        return { ...artifact, key: incomingKey({ ...one.fence, sha256 }) };
      });
      return { ...one, output: { ...one.output, artifacts } };
    }),
  },
  {
    name: 'the last clip is left out of a plan',
    breaks: ['every frame once'],
    plant: commits((one) => {
      const { plan } = one;
      if (plan === undefined || plan.tasks.length < 2) return one;
      return { ...one, plan: { ...plan, tasks: plan.tasks.slice(0, -1) } };
    }),
  },
  {
    name: 'a retry keeps the failed agents',
    breaks: ['failure policy'],
    plant: jobs((store, state) => ({
      async retry(jobId, rules, ownerId) {
        const before = new Map(state.tasks().map((task) => [task.taskId, task.failedAgents]));
        await store.retry(jobId, rules, ownerId);
        patch(
          state,
          (task) => (before.get(task.taskId)?.length ?? 0) > 0,
          (task) => ({ ...task, failedAgents: before.get(task.taskId) ?? [] }),
        );
      },
    })),
  },
  {
    name: 'a cancelled job keeps its epochs',
    breaks: ['L1'],
    plant: jobs((store, state) => ({
      async cancel(jobId, ownerId, tx) {
        const before = new Map(state.tasks().map((task) => [task.taskId, task.epoch]));
        await store.cancel(jobId, ownerId, tx);
        patch(
          state,
          (task) => task.state === 'cancelled',
          (task) => ({ ...task, epoch: before.get(task.taskId) ?? task.epoch }),
        );
      },
    })),
  },
  {
    name: 'a job is acknowledged before it is kept',
    breaks: ['no job lost'],
    plant: jobs((store, state) => ({
      async submit(job, tx) {
        const view = await store.submit(job, tx);
        if (state.jobs.size > 1) state.removeJob(view.jobId);
        return view;
      },
    })),
  },
  {
    name: 'the merge joins the segments from the last to the first',
    breaks: ['film'],
    plant: leases((store) => ({
      commit: (completions, rules) =>
        store.commit(completions, {
          ...rules,
          merge: (input) => rules.merge({ ...input, encodes: input.encodes.toReversed() }),
        }),
    })),
  },
];
