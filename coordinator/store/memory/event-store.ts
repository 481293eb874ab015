import type { EventStore } from '../event-store.ts';
import type { MemoryState } from './state.ts';

/** Events in memory: each is settled at once, so the order of settling is that of the numbers. */
export function memoryEventStore(state: MemoryState): EventStore {
  return {
    head: async () => state.events.at(-1)?.event.sequence ?? 0,
    async after({ afterSequence, jobId, ownerId, limit }) {
      const fitting = state.events.filter(
        (one) =>
          one.event.sequence > afterSequence &&
          (jobId === undefined || one.event.jobId === jobId) &&
          (ownerId === undefined || one.ownerId === ownerId),
      );
      return fitting.slice(0, limit).map((one) => one.event);
    },
    async history({ jobId, taskId, limit, cursor }) {
      const before = cursor === undefined ? Infinity : Number(cursor);
      const fitting = state.events
        .map(({ event }) => event)
        .filter((event) => event.jobId === jobId && event.sequence < before)
        .filter((event) => taskId === undefined || event.taskId === taskId)
        .toReversed();
      const items = fitting.slice(0, limit).map((event) => {
        const agentName = event.agentId && state.agents.get(event.agentId)?.view.name;
        return { ...event, ...(agentName ? { agentName } : {}) };
      });
      const last = items.at(-1);
      return { items, ...(fitting.length > limit && last ? { nextCursor: String(last.sequence) } : {}) };
    },
    async prune(olderThanMs) {
      const before = state.nowMs - olderThanMs;
      const kept = state.events.filter((one) => one.event.at.getTime() >= before);
      state.events.splice(0, state.events.length, ...kept);
    },
    async say(event) {
      state.say(event);
    },
  };
}
