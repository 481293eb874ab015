import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SHARES_WORK } from '../../../../shared/common-work.ts';
import { canRun } from '../../../../coordinator/domain/free-agents.ts';
import {
  MAX_TOGETHER,
  place,
  type Candidate,
  type Capacity,
} from '../../../../coordinator/domain/placement.ts';

const names = ['a', 'b', 'c', 'd'];
const abilities = ['encoder:x', 'encoder:y', 'tool:v', SHARES_WORK];
const capacity = fc.record({
  agentId: fc.constantFrom(...names),
  freeSlots: fc.integer({ min: 0, max: 3 }),
  has: fc.subarray(abilities),
});
const candidate = fc.record({
  requires: fc.subarray(abilities),
  failedAgents: fc.subarray(names),
  bannedAgents: fc.subarray(names),
  alike: fc.constantFrom(undefined, 'k', 'l'),
  whole: fc.boolean(),
});
const grid = fc
  .record({
    agents: fc.uniqueArray(capacity, { selector: (one) => one.agentId }),
    tasks: fc.array(candidate),
  })
  .map(({ agents, tasks }) => ({
    capacities: agents.map((one): Capacity => ({
      ...one,
      sessionId: `s${one.agentId}`,
      capabilities: new Set(one.has),
    })),
    candidates: tasks.map(({ alike: key, whole, ...one }, i): Candidate => {
      const share = key === undefined ? {} : { share: { key, whole } };
      return { ...one, ...share, taskId: `t${i}` };
    }),
  }));

test('a task is placed once, only where it can run, never beyond the slots; avoided agents are the last resort', () => {
  fc.assert(
    fc.property(grid, ({ capacities, candidates }) => {
      const placements = place(candidates, capacities, capacities);
      expect(new Set(placements.map((one) => one.taskId)).size).toBe(placements.length);
      for (const one of capacities) {
        const mine = placements.filter((placement) => placement.agentId === one.agentId);
        expect(mine.filter(({ beside }) => beside === undefined).length).toBeLessThanOrEqual(one.freeSlots);
        for (const { taskId } of mine) {
          const task = candidates.find((other) => other.taskId === taskId)!;
          expect(task.requires.every((ability) => one.capabilities.has(ability))).toBe(true);
          const avoided = [...task.failedAgents, ...task.bannedAgents];
          if (!avoided.includes(one.agentId)) continue;
          const others = capacities.filter((other) => !avoided.includes(other.agentId));
          expect(others.some((other) => canRun(other.capabilities, task.requires))).toBe(false);
        }
      }
    }),
  );
});

const agent = (agentId: string, has: string[], freeSlots = 1): Capacity => ({
  agentId,
  sessionId: `s${agentId}`,
  freeSlots,
  capabilities: new Set(has),
});

test('a failed task goes to another agent while there is one, else back to the same', () => {
  const task = { taskId: 't', requires: [], failedAgents: ['a'], bannedAgents: [] };
  const a = agent('a', []);
  const b = agent('b', [], 0);
  expect(place([task], [a], [a, b])).toEqual([]);
  expect(place([task], [a], [a])).toEqual([{ taskId: 't', agentId: 'a', sessionId: 'sa' }]);
});

test('L15 a task is not left waiting when all agents that could run it are banned from its job', () => {
  const task = { taskId: 't', requires: [], failedAgents: [], bannedAgents: ['a'] };
  const a = agent('a', []);
  expect(place([task], [a], [a])).toHaveLength(1);
  expect(place([task], [a], [a, agent('b', [])])).toEqual([]);
});

test('a task that needs no hardware encoder leaves those who have one free while there are others', () => {
  const plain = (taskId: string) => ({ taskId, requires: [], failedAgents: [], bannedAgents: [] });
  const gpuTask = { ...plain('gpu'), requires: ['encoder:hevc_nvenc'] };
  const gpu = agent('gpu', ['encoder:hevc_nvenc'], 2);
  const cpu = agent('cpu', [], 1);
  const where = (tasks: (typeof gpuTask)[]) =>
    place(tasks, [gpu, cpu], []).map((one) => `${one.taskId}@${one.agentId}`);
  expect(where([plain('t1'), gpuTask])).toEqual(['t1@cpu', 'gpu@gpu']);
  expect(where([plain('t1'), plain('t2')])).toEqual(['t1@cpu', 't2@gpu']);
});

const alike = (taskId: string, key: string, whole = false): Candidate => ({
  taskId,
  requires: [],
  failedAgents: [],
  bannedAgents: [],
  share: { key, whole },
});
const where = (candidates: readonly Candidate[], capacities: readonly Capacity[]): string[] =>
  place(candidates, capacities, []).map(
    ({ taskId, agentId, beside }) => `${taskId}@${agentId}${beside === undefined ? '' : ` beside ${beside}`}`,
  );

test('tasks that begin alike go in one slot, and beyond the slots only so', () => {
  const a = agent('a', [SHARES_WORK], 2);
  const ladder = ['1', '2', '3'].flatMap((clip) => ['x', 'y'].map((of) => alike(`${of}${clip}`, clip)));
  expect(where(ladder, [a])).toEqual(['x1@a', 'x2@a', 'y1@a beside x1', 'y2@a beside x2']);
});

test('no agent stays idle for that, unless they are the same work through and through', () => {
  const a = agent('a', [SHARES_WORK]);
  const agents = [a, { ...agent('b', []), capabilities: a.capabilities }];
  const clips = ['x', 'y', 'z'].map((taskId) => alike(taskId, '1'));
  expect(where(clips, agents)).toEqual(['x@a', 'y@b', 'z@a beside x']);
  const sounds = ['x', 'y', 'z'].map((taskId) => alike(taskId, '1', true));
  expect(where(sounds, agents)).toEqual(['x@a', 'y@a beside x', 'z@a beside x']);
});

test('an agent that does not know how gets none beside another, and no slot holds more than a few', () => {
  const clips = Array.from({ length: MAX_TOGETHER + 1 }, (_, i) => alike(`t${i}`, '1'));
  expect(where(clips, [agent('a', [])])).toEqual(['t0@a']);
  expect(where(clips, [agent('a', [SHARES_WORK])])).toHaveLength(MAX_TOGETHER);
});
