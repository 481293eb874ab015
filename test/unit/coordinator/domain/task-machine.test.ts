import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isCurrent,
  isUnfinished,
  newTaskMachine,
  nextTask,
  saidBefore,
  savedFrames,
  type TaskEvent,
  type TaskMachine,
} from '../../../../coordinator/domain/task-machine.ts';
import { EncodeResult } from '../../../../shared/gen/clipgrid/v1/task.ts';
import { MAX_FAILED_AGENTS, MAX_FAILURES } from '../../../../coordinator/domain/retry-policy.ts';

const TASK = 't';
const agentId = fc.constantFrom('a', 'b', 'c');
const sessionId = fc.constantFrom('s1', 's2', 's3');
// Few values, so that fences of earlier grants meet later states.
const leaseId = fc.constantFrom('l1', 'l2', 'l3', 'l4');
const fence = fc.record({ taskId: fc.constant(TASK), epoch: fc.integer({ min: 0, max: 8 }), leaseId });
const timeMs = fc.integer({ min: 0, max: 100 });
const content = fc.constantFrom('x', 'y');
const resumedFrames = fc.constantFrom(0, 0, 0, 5);
/** Of [0, 5), [5, 10) or [5, 6): some follow each other. */
const part = fc.constantFrom([0, 5], [0, 5], [5, 10], [5, 6]).map(([startFrame = 0, endFrame = 0]) => ({
  startFrame,
  endFrame,
  epoch: 1,
  artifact: { name: 'segment', bucket: 'b', key: 'k', sha256: `${endFrame}`, sizeBytes: 1 },
  result: EncodeResult.create(),
}));

const event: fc.Arbitrary<TaskEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('grant' as const),
      lease: fc.record({ leaseId, agentId, sessionId, untilMs: timeMs }),
    }),
  },
  fc.record({
    type: fc.constant('renew' as const),
    fence,
    sessionId,
    untilMs: timeMs,
    nowMs: timeMs,
    forgiven: fc.boolean(),
  }),
  fc.record({ type: fc.constant('adopt' as const), fence, agentId, sessionId, untilMs: timeMs }),
  fc.record({ type: fc.constant('give_back' as const), agentId, sessionId, lost: fc.boolean() }),
  fc.record({ type: fc.constant('shorten' as const), sessionId, untilMs: timeMs }),
  { weight: 3, arbitrary: fc.record({ type: fc.constant('expire' as const), nowMs: timeMs }) },
  fc.record({ type: fc.constant('release' as const), fence, agentId }),
  fc.record({ type: fc.constant('fail' as const), fence, agentId, inputAtFault: fc.boolean() }),
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('commit' as const), fence, content, resumedFrames }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('save' as const), fence, part }) },
  fc.constant({ type: 'give_up' as const }),
  fc.constant({ type: 'cancel' as const }),
  fc.constant({ type: 'drop' as const }),
  fc.constant({ type: 'redo' as const }),
);

/**
 * Fences that an agent really holds are more interesting than made-up ones: half of the events about a lease speak of the
 * task's current one.
 */
function aimed(task: TaskMachine, what: TaskEvent, current: boolean): TaskEvent {
  if (!current || !('fence' in what) || task.lease === undefined) return what;
  const { leaseId: id, agentId: who, sessionId: session } = task.lease;
  const aim = { ...what, fence: { taskId: TASK, epoch: task.epoch, leaseId: id } };
  if (aim.type === 'renew') return { ...aim, sessionId: session };
  return aim.type === 'commit' || aim.type === 'save' ? aim : { ...aim, agentId: who };
}

interface Step {
  readonly before: TaskMachine;
  readonly event: TaskEvent;
  readonly after: TaskMachine | undefined;
}

/** Every step of a random history. */
function eachStep(check: (step: Step, history: readonly Step[]) => void): void {
  const history = fc.array(fc.tuple(event, fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(history, (events) => {
      let task = newTaskMachine(TASK);
      const steps: Step[] = [];
      for (const [what, current] of events) {
        const real = aimed(task, what, current);
        const step = { before: task, event: real, after: nextTask(task, real) };
        check(step, steps);
        steps.push(step);
        task = step.after ?? task;
      }
    }),
    { numRuns: 400 },
  );
}

const RAISES = new Set(['grant', 'cancel', 'drop', 'redo']);

test('L1 the epoch rises by one on grant, cancel and redo, and stays on everything else', () => {
  eachStep(({ before, event: what, after }) => {
    if (after === undefined) return;
    expect(after.epoch).toBe(RAISES.has(what.type) ? before.epoch + 1 : before.epoch);
  });
});

test('a task has one live lease at most: nothing is granted while one runs', () => {
  eachStep(({ before, event: what, after }) => {
    if (what.type === 'grant' && before.state !== 'ready') expect(after).toBeUndefined();
    if (after?.state === 'leased') expect(after.lease?.untilMs).toBeDefined();
    if (after && !isUnfinished(after)) expect(after.lease).toBeUndefined();
  });
});

test('L2 what carries another fence than the current one changes nothing', () => {
  eachStep(({ before, event: what, after }) => {
    if ('fence' in what && !isCurrent(before, what.fence)) expect(after).toBeUndefined();
  });
});

test('L11 a lease that was superseded, given back or failed never commits; an expired one may', () => {
  eachStep(({ before, event: what, after }, steps) => {
    if (what.type !== 'commit') return;
    const resumed = what.resumedFrames ?? 0;
    const whole = resumed === 0 || before.parts.some((one) => one.endFrame === resumed);
    if (before.state === 'ready' && isCurrent(before, what.fence) && whole) {
      // Only an expiry leaves a lease on a ready task.
      const last = steps.findLast((step) => step.after && step.after.state !== step.before.state);
      expect(last?.event.type).toBe('expire');
      expect(after?.state).toBe('succeeded');
    }
    const granted = steps.findLast((step) => step.after && step.event.type === 'grant');
    if (after) expect(granted?.after?.epoch).toBe(what.fence.epoch);
  });
});

test('L3 a commit said again is known for the same lease and content only, and changes nothing', () => {
  eachStep(({ event: what, after }) => {
    if (what.type !== 'commit' || after === undefined) return;
    expect(saidBefore(after, what.fence, what.content)).toBe(true);
    expect(saidBefore(after, what.fence, `${what.content}!`)).toBe(false);
    expect(saidBefore(after, { ...what.fence, leaseId: 'other' }, what.content)).toBe(false);
    expect(nextTask(after, what)).toBeUndefined();
    const redone = nextTask(after, { type: 'redo' });
    expect(redone && saidBefore(redone, what.fence, what.content)).toBe(false);
  });
});

test('L4 a lease ends by time only when its time is over, and is renewed after that only when it is forgiven', () => {
  eachStep(({ before, event: what, after }) => {
    const until = before.lease?.untilMs ?? 0;
    if (what.type === 'expire' && after) expect(until).toBeLessThanOrEqual(what.nowMs);
    if (what.type === 'renew' && after) expect(until > what.nowMs || what.forgiven).toBe(true);
    if (what.type === 'shorten' && after) expect(after.lease?.untilMs).toBeLessThanOrEqual(until);
  });
});

test('L15 attempts end: after so many failures, or so many different agents, a task has failed', () => {
  eachStep(({ before, after }) => {
    if (after === undefined) return;
    expect(after.lost).toBeGreaterThanOrEqual(0);
    expect(after.attempts).toBeGreaterThanOrEqual(after.lost);
    if (after.state !== 'failed' && before.state === 'leased' && after.state === 'ready') {
      expect(after.failedAgents.length).toBeLessThan(MAX_FAILED_AGENTS);
      expect(after.failedAgents.length).toBeLessThan(MAX_FAILURES);
    }
  });
});

test('a task that is over is only changed by a redo or a drop', () => {
  eachStep(({ before, event: what, after }) => {
    if (!isUnfinished(before) && after) expect(['redo', 'drop']).toContain(what.type);
  });
});

test('M3 parts follow each other from the first frame on, are only added to, and go with a redo', () => {
  eachStep(({ before, event: what, after }) => {
    if (after === undefined) return;
    let end = 0;
    for (const one of after.parts) {
      expect(one.startFrame).toBe(end);
      end = one.endFrame;
    }
    expect(savedFrames(after)).toBe(end);
    if (what.type === 'redo') expect(after.parts).toEqual([]);
    else if (what.type === 'commit') expect(end).toBe(what.resumedFrames);
    else expect(after.parts.slice(0, before.parts.length)).toEqual(before.parts);
  });
});
