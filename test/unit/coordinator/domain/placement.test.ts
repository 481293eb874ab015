import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canRun } from '../../../../coordinator/domain/free-agents.ts';
import { place, type Candidate, type Capacity } from '../../../../coordinator/domain/placement.ts';

const names = ['a', 'b', 'c', 'd'];
const abilities = ['encoder:x', 'encoder:y', 'tool:v'];
const capacity = fc.record({
  agentId: fc.constantFrom(...names),
  freeSlots: fc.integer({ min: 0, max: 3 }),
  has: fc.subarray(abilities),
});
const candidate = fc.record({
  requires: fc.subarray(abilities),
  failedAgents: fc.subarray(names),
  bannedAgents: fc.subarray(names),
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
    candidates: tasks.map((one, i): Candidate => ({ ...one, taskId: `t${i}` })),
  }));

test('a task is placed once, only where it can run, never beyond the slots; avoided agents are the last resort', () => {
  fc.assert(
    fc.property(grid, ({ capacities, candidates }) => {
      const placements = place(candidates, capacities, capacities);
      expect(new Set(placements.map((one) => one.taskId)).size).toBe(placements.length);
      for (const one of capacities) {
        const mine = placements.filter((placement) => placement.agentId === one.agentId);
        expect(mine.length).toBeLessThanOrEqual(one.freeSlots);
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
