import type { GridEvent } from '../../coordinator/grid/face.ts';
import { memoryAgentStore } from '../../coordinator/store/memory/agent-store.ts';
import { memoryEventStore } from '../../coordinator/store/memory/event-store.ts';
import { memoryJobStore } from '../../coordinator/store/memory/job-store.ts';
import { memoryLeaseStore } from '../../coordinator/store/memory/lease-store.ts';
import { MemoryState } from '../../coordinator/store/memory/state.ts';
import { systemClock } from '../../shared/clock.ts';
import { storeMoves, type MovedStores } from './store-moves.ts';

/** The same as the fixture over PostgreSQL, over the domain's state machines in memory. */
export async function createMemoryFixture(options: Pick<MovedStores, 'newId' | 'ttlMs'> = {}) {
  let jumpedMs = 0;
  const state = new MemoryState({ ...systemClock, wallMs: () => systemClock.wallMs() + jumpedMs });
  const leases = memoryLeaseStore(state);
  const jobs = memoryJobStore(state);
  const agents = memoryAgentStore(state);
  const moves = storeMoves({ leases, jobs, agents, ...options });

  return {
    ...moves,
    state,
    leases,
    jobs,
    agents,
    events: memoryEventStore(state),
    async ageLeases(ms: number): Promise<void> {
      for (const { tree, input } of state.jobs.values()) {
        const tasks = new Map(
          [...tree.tasks].map(([taskId, task]) => {
            const untilMs = task.lease?.untilMs;
            const aged = untilMs === undefined ? task.lease : { ...task.lease!, untilMs: untilMs - ms };
            return [taskId, { ...task, lease: aged }];
          }),
        );
        state.save(input.jobId, { ...tree, tasks });
      }
    },
    async clockJumped(ms: number): Promise<void> {
      jumpedMs += ms;
    },
    async sweptAgo(ms: number): Promise<void> {
      state.sweepMark = { ...state.sweepMark, sweptAtMs: state.nowMs - ms };
    },
    async endHold(ms = 1_000): Promise<void> {
      state.sweepMark = { ...state.sweepMark, heldUntilMs: state.nowMs - ms };
    },
    async waitedFor(ms: number): Promise<void> {
      for (const { tree, input } of state.jobs.values()) {
        const aged = [...tree.tasks.values()].map((task) => ({ ...task, readyAtMs: task.readyAtMs - ms }));
        state.save(input.jobId, { ...tree, tasks: new Map(aged.map((task) => [task.taskId, task])) });
      }
    },
    async silentFor(ms: number): Promise<void> {
      const lastSeenAt = new Date(state.nowMs - ms);
      for (const [agentId, record] of state.agents) {
        state.agents.set(agentId, { ...record, view: { ...record.view, lastSeenAt } });
      }
    },
    async markCollected(jobId: string): Promise<void> {
      const { tree } = state.job(jobId);
      state.save(jobId, { ...tree, job: { ...tree.job, collected: true } });
    },
    allEvents: async (jobId: string): Promise<GridEvent[]> =>
      state.events.map((one) => one.event).filter((event) => event.jobId === jobId),
    async reset(): Promise<void> {
      state.jobs.clear();
      state.agents.clear();
      state.events.length = 0;
      state.sweepMark = { sweptAtMs: state.nowMs, heldUntilMs: state.nowMs - 1_000 };
    },
    async close(): Promise<void> {},
  };
}

export type MemoryFixture = Awaited<ReturnType<typeof createMemoryFixture>>;
