import { Hardware, type Pause } from '../../../shared/gen/clipgrid/v1/session.ts';
import {
  isOlder,
  noAgent,
  tookOver,
  type AgentPause,
  type AgentView,
  type DrainOrder,
} from '../../domain/agent.ts';
import { TASK_KINDS } from '../../domain/task-kinds.ts';
import type { AgentStore, Registration } from '../agent-store.ts';
import type { AgentRecord } from './records.ts';
import type { MemoryState } from './state.ts';

function requireAgent(state: MemoryState, agentId: string): AgentRecord {
  const record = state.agents.get(agentId);
  if (record !== undefined) return record;
  throw noAgent(agentId);
}

function drainOrder(state: MemoryState, { drain }: AgentRecord): { drain?: DrainOrder } {
  if (drain === undefined) return {};
  if (drain.untilMs === undefined) return { drain: {} };
  return { drain: { leftS: Math.max(1, Math.ceil((drain.untilMs - state.nowMs) / 1000)) } };
}

function toView(state: MemoryState, record: AgentRecord): AgentView {
  const { agentId } = record.view;
  const held = state.tasks().filter((task) => task.state === 'leased' && task.lease?.agentId === agentId);
  const leftS = drainOrder(state, record).drain?.leftS;
  const revoked = state.revokedAgents.has(agentId) ? { state: 'revoked' as const } : {};
  const drain = leftS === undefined ? {} : { drainLeftS: leftS };
  const fps = held.reduce((sum, task) => sum + (TASK_KINDS[task.kind].counts ? task.fps : 0), 0);
  return { ...record.view, ...revoked, ...drain, leases: held.length, fps };
}

function register(state: MemoryState, { hello, sessionId }: Registration) {
  const old = state.agents.get(hello.agentId);
  const { agentId, name, version, tools, capabilities, lacks, slots } = hello;
  const { start, connection, incarnation } = hello;
  const order = { start, connection, incarnation };
  if (old && isOlder(order, old.order)) throw tookOver(agentId);
  const now = new Date(state.nowMs);
  const pause = paused(state, hello.pause, old?.view.pause);
  const record: AgentRecord = {
    view: {
      agentId,
      name,
      version,
      tools,
      capabilities,
      lacks,
      slots,
      hardware: hello.hardware ?? Hardware.create(),
      state: old?.drain ? 'draining' : 'online',
      ...(old?.view.load ? { load: old.view.load } : {}),
      ...(pause ? { pause } : {}),
      connectedAt: now,
      lastSeenAt: now,
    },
    order,
    sessionId,
    drain: old?.drain,
  };
  state.agents.set(agentId, record);
  state.say({ type: 'agent.online', agentId, data: { name } });
  const restarted = old !== undefined && old.order.incarnation !== incarnation;
  return { ...drainOrder(state, record), restarted };
}

function setDrain(state: MemoryState, agentId: string, drain: AgentRecord['drain']): void {
  const record = requireAgent(state, agentId);
  const working = drain ? 'draining' : 'online';
  const view = { ...record.view, state: record.view.state === 'offline' ? 'offline' : working } as const;
  state.agents.set(agentId, { ...record, view, drain });
  state.say({ type: drain ? 'agent.draining' : 'agent.online', agentId });
}

/** A pause goes on since it was first told of. */
function paused(
  state: MemoryState,
  pause: Pause | undefined,
  before: AgentPause | undefined,
): AgentPause | undefined {
  return pause && { reason: pause.reason, since: before?.since ?? new Date(state.nowMs) };
}

/** Agents in memory. */
export function memoryAgentStore(state: MemoryState): AgentStore {
  const change = (record: AgentRecord, view: Partial<AgentRecord['view']>): void =>
    void state.agents.set(record.view.agentId, { ...record, view: { ...record.view, ...view } });
  return {
    register: async (registration) => register(state, registration),
    async disconnect(agentId, sessionId) {
      const record = state.agents.get(agentId);
      if (record?.sessionId !== sessionId) return;
      const { pause: _, ...view } = record.view;
      change(
        { ...record, view, sessionId: undefined },
        { state: 'offline', lastSeenAt: new Date(state.nowMs) },
      );
      state.say({ type: 'agent.offline', agentId });
    },
    async seen(beats) {
      const current = new Map<string, { drain?: DrainOrder }>();
      for (const { agentId, sessionId, load, pause } of beats) {
        const record = state.agents.get(agentId);
        if (record?.sessionId !== sessionId) continue;
        const draining = record.drain !== undefined || record.view.state === 'draining';
        const lastSeenAt = new Date(state.nowMs);
        const { pause: before, ...view } = record.view;
        const now = paused(state, pause, before);
        const told = { ...(load ? { load } : {}), ...(now ? { pause: now } : {}) };
        change({ ...record, view }, { state: draining ? 'draining' : 'online', lastSeenAt, ...told });
        current.set(sessionId, drainOrder(state, record));
      }
      return current;
    },
    async drain(agentId, deadlineS) {
      setDrain(state, agentId, { untilMs: deadlineS > 0 ? state.nowMs + deadlineS * 1000 : undefined });
    },
    undrain: async (agentId) => setDrain(state, agentId, undefined),
    async leaving(agentId, sessionId) {
      const record = state.agents.get(agentId);
      if (record?.sessionId === sessionId) change(record, { state: 'draining' });
    },
    list: async () =>
      [...state.agents.values()]
        .map((record) => toView(state, record))
        .toSorted((a, b) => a.name.localeCompare(b.name) || a.agentId.localeCompare(b.agentId)),
    get: async (agentId) => toView(state, requireAgent(state, agentId)),
    async sweepSilent(afterMs) {
      const before = state.nowMs - afterMs;
      const silent = [...state.agents.values()].filter(
        ({ view }) => view.state !== 'offline' && view.lastSeenAt.getTime() < before,
      );
      for (const record of silent) change(record, { state: 'offline' });
      return silent.length;
    },
  };
}
