import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isEnded, newJobMachine } from '../../../../coordinator/domain/job-machine.ts';
import * as machine from '../../../../coordinator/domain/job-tree.ts';
import { MAX_FAILURES, MAX_LOST } from '../../../../coordinator/domain/retry-policy.ts';
import { newTaskMachine } from '../../../../coordinator/domain/task-machine.ts';
import { GridError } from '../../../../shared/errors.ts';

type Tree = machine.JobTree<machine.TreeTask>;
type Kind = machine.TreeTask['kind'];

let made = 0;
const task = (kind: Kind, clipIndex = -1): machine.TreeTask => ({
  ...newTaskMachine(`${kind}${clipIndex}-${made++}`),
  kind,
  clipIndex,
  framesTotal: kind === 'encode' || kind === 'media' ? 25 : 0,
});
const merge = (): machine.TreeTask => task('merge');

function submitted(closes = true): Tree {
  const first = task(closes ? 'index' : 'probe');
  return { job: newJobMachine('job', closes), tasks: new Map([[first.taskId, first]]) };
}

const plan = (clips: number, audio: boolean) => () => [
  ...Array.from({ length: clips }, (_, clip) => task('encode', clip)),
  ...(audio ? [task('audio')] : []),
];

const ready = (tree: Tree) => [...tree.tasks.values()].filter((one) => one.state === 'ready');
const leased = (tree: Tree) => [...tree.tasks.values()].filter((one) => one.state === 'leased');

let leases = 0;
function grant(tree: Tree, agentId: string, pick = 0): Tree {
  const free = ready(tree);
  const one = free[pick % Math.max(1, free.length)];
  if (!one) return tree;
  const lease = { leaseId: `l${leases++}`, agentId, sessionId: `s${agentId}`, untilMs: 10 };
  return machine.withTask(tree, one.taskId, { type: 'grant', lease }) ?? tree;
}

function fenceOf(one: machine.TreeTask) {
  return { taskId: one.taskId, epoch: one.epoch, leaseId: one.lease?.leaseId ?? '' };
}

function commit(tree: Tree, pick: number, stages: machine.NextStages<machine.TreeTask>): Tree {
  const running = leased(tree);
  const one = running[pick % Math.max(1, running.length)];
  return (one && machine.commitTask(tree, { fence: fenceOf(one), content: 'x' }, stages)) ?? tree;
}

const pick = fc.nat({ max: 20 });
const agent = fc.constantFrom('a', 'b', 'c', 'd');
type Move = (tree: Tree, stages: machine.NextStages<machine.TreeTask>) => Tree;

/** What people ask for may be refused: then nothing has changed. */
const asked =
  (action: (tree: Tree) => Tree): Move =>
  (tree) => {
    try {
      return action(tree);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(GridError);
      return tree;
    }
  };

function failOne(tree: Tree, which: number, inputAtFault: boolean): Tree {
  const running = leased(tree);
  const one = running[which % Math.max(1, running.length)];
  if (!one) return tree;
  const failure = { fence: fenceOf(one), agentId: one.lease!.agentId, inputAtFault };
  return machine.failTask(tree, failure) ?? tree;
}

function loseOne(tree: Tree, which: number): Tree {
  const running = leased(tree);
  const one = running[which % Math.max(1, running.length)];
  return (one && machine.loseTask(tree, one.taskId, { type: 'expire', nowMs: 10 })) ?? tree;
}

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(agent, pick).map(
      ([who, k]): Move =>
        (tree) =>
          grant(tree, who, k),
    ),
  },
  {
    weight: 6,
    arbitrary: pick.map(
      (k): Move =>
        (tree, stages) =>
          commit(tree, k, stages),
    ),
  },
  fc.tuple(pick, fc.boolean()).map(
    ([k, atFault]): Move =>
      (tree) =>
        failOne(tree, k, atFault),
  ),
  {
    weight: 2,
    arbitrary: pick.map(
      (k): Move =>
        (tree) =>
          loseOne(tree, k),
    ),
  },
  fc.constant(asked((tree) => machine.cancelJob(tree))),
  { weight: 2, arbitrary: fc.constant(asked((tree) => machine.retryJob(tree, merge))) },
  pick.map((k) => asked((tree) => machine.redoClip(tree, k % 5, merge))),
  fc.constant(asked((tree) => machine.redoMerge(tree, merge))),
  pick.map((k) => asked((tree) => machine.cancelTask(tree, [...tree.tasks.keys()][k % tree.tasks.size]!))),
  pick.map((k) => asked((tree) => machine.exportClip(tree, k % 5, () => task('clip', k % 5)).tree)),
);

const history = fc.record({
  moves: fc.array(move, { maxLength: 80 }),
  clips: fc.integer({ min: 1, max: 4 }),
  audio: fc.boolean(),
  closes: fc.boolean(),
});

function eachTree(check: (tree: Tree, before: Tree) => void): void {
  fc.assert(
    fc.property(history, ({ moves, clips, audio, closes }) => {
      const stages = { plan: closes ? plan(clips, audio) : () => [task('media')], merge };
      let tree = submitted(closes);
      for (const one of moves) {
        const before = tree;
        tree = one(tree, stages);
        check(tree, before);
      }
    }),
    { numRuns: 300 },
  );
}

test('L10 counters equal a recount; the merge, or the end where nothing is joined, is there exactly when no part is open', () => {
  eachTree(({ job, tasks }) => {
    const parts = [...tasks.values()].filter((one) => ['encode', 'audio', 'media'].includes(one.kind));
    const done = parts.filter((one) => one.state === 'succeeded');
    const clips = done.filter((one) => one.kind !== 'audio');
    expect(job.openTasks).toBe(parts.length - done.length);
    expect([job.clipsDone, job.framesDone]).toEqual([clips.length, 25 * clips.length]);
    const merges = [...tasks.values()].filter((one) => one.kind === 'merge' && one.state !== 'cancelled');
    expect(merges.length).toBeLessThanOrEqual(1);
    if (job.state === 'merging') expect([job.openTasks, merges.length]).toEqual([0, 1]);
    if (job.state === 'encoding') expect(job.openTasks).toBeGreaterThan(0);
    if (!job.closes) expect(merges).toEqual([]);
    if (!job.closes && job.state === 'succeeded') expect(job.openTasks).toBe(0);
  });
});

test('L15 a job that has not ended has something to do; one that has ended has nothing but clips to look at', () => {
  eachTree(({ job, tasks }) => {
    const open = [...tasks.values()].filter((one) => one.state === 'ready' || one.state === 'leased');
    const stages = open.filter((one) => one.kind !== 'clip');
    if (isEnded(job.state)) expect(stages).toEqual([]);
    else expect(stages.length).toBeGreaterThan(0);
  });
});

test('L1 the epoch of a task never falls, whatever happens to its job', () => {
  eachTree((tree, before) => {
    for (const [taskId, one] of before.tasks) {
      const now = tree.tasks.get(taskId);
      if (now) expect(now.epoch).toBeGreaterThanOrEqual(one.epoch);
    }
  });
});

test('L15 any job ends within a bound when agents only ever fail, vanish or finish', () => {
  const outcome = fc.constantFrom('fail', 'vanish', 'finish');
  const run = fc.record({
    outcomes: fc.array(fc.tuple(outcome, agent), { minLength: 1, maxLength: 50 }),
    clips: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(run, ({ outcomes, clips }) => {
      const stages = { plan: plan(clips, false), merge };
      // Each task has a bounded number of attempts: index, clips, merge.
      const bound = (clips + 2) * (MAX_FAILURES + MAX_LOST);
      let tree = submitted();
      let steps = 0;
      for (; !isEnded(tree.job.state); steps++) {
        expect(steps).toBeLessThanOrEqual(bound);
        const [what, who] = outcomes[steps % outcomes.length]!;
        tree = grant(tree, who);
        if (what === 'fail') tree = failOne(tree, 0, false);
        else if (what === 'vanish') tree = loseOne(tree, 0);
        else tree = commit(tree, 0, stages);
      }
    }),
  );
});
