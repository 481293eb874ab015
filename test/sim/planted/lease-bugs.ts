import type { TaskRecord } from '../../../coordinator/store/memory/records.ts';
import { anyFence, find, leases, patch, type Bug } from './planting.ts';

const AHEAD_MS = 11_000;

/** In the statements about leases. */
export const LEASE_BUGS: readonly Bug[] = [
  {
    name: 'a commit checks no fence',
    breaks: ['L11', 'L2'],
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
    name: 'an expired lease is renewed',
    breaks: ['L4'],
    plant: leases((store, state) => ({
      async renew(renewals, ttlMs) {
        const listed = new Set(renewals.map(({ fence }) => fence.leaseId));
        const untilMs = state.nowMs + ttlMs;
        patch(
          state,
          (task) => listed.has(task.lease?.leaseId ?? ''),
          (task) => ({ ...task, state: 'leased', lease: { ...task.lease!, untilMs } }),
        );
        return store.renew(renewals, ttlMs);
      },
    })),
  },
  {
    name: 'leases expire by a clock that is not the database',
    breaks: ['L4'],
    plant: leases((store, state) => ({
      async expire(options) {
        const shift = (byMs: number): void =>
          patch(
            state,
            (task) => task.state === 'leased',
            (task) => ({ ...task, lease: { ...task.lease!, untilMs: (task.lease!.untilMs ?? 0) + byMs } }),
          );
        shift(-AHEAD_MS);
        const ended = await store.expire(options);
        shift(AHEAD_MS);
        return ended;
      },
    })),
  },
  {
    name: 'nobody sweeps',
    breaks: ['L14', 'L15'],
    plant: leases(() => ({ expire: async () => 0 })),
  },
  {
    name: 'a grant keeps the epoch',
    breaks: ['L1'],
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
    breaks: ['grace'],
    plant: leases(() => ({ shorten: async () => undefined })),
  },
  {
    name: 'no hold after an outage',
    breaks: ['L12'],
    plant: leases((store, state) => ({
      async expire(options) {
        const ended = await store.expire({ ...options, outageMs: Infinity });
        state.sweepMark = { ...state.sweepMark, heldUntilMs: 0 };
        return ended;
      },
    })),
  },
  {
    name: 'a lease lives longer by as much as the clock of the database jumped back',
    breaks: ['L4'],
    plant: leases((store, state) => ({
      async expire(options) {
        const before = new Map(state.tasks().map((task) => [task.lease?.leaseId, task.lease]));
        const ended = await store.expire(options);
        const early = ({ lease }: TaskRecord): boolean =>
          (lease?.untilMs ?? Infinity) < (before.get(lease?.leaseId)?.untilMs ?? 0);
        patch(state, early, (task) => ({ ...task, lease: before.get(task.lease?.leaseId) }));
        return ended;
      },
    })),
  },
  {
    name: 'a drained agent is granted work',
    breaks: ['drained'],
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
    breaks: ['L8', 'drained'],
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
    name: 'a grant takes one task more than there are slots',
    breaks: ['quota'],
    plant: leases((store) => ({
      grant: (request) =>
        store.grant({
          ...request,
          capacities: request.capacities.map((one) => ({ ...one, freeSlots: one.freeSlots + 1 })),
        }),
    })),
  },
  {
    name: 'a returning agent leaves leases with its old session',
    breaks: ['L8'],
    plant: leases(() => ({ adopt: async () => [] })),
  },
  {
    name: 'late work is thrown away although nobody else has the task',
    breaks: ['L11'],
    plant: leases((store, state) => ({
      async commit(completions, rules) {
        const leased = completions.filter(({ fence }) => find(state, fence.taskId)?.state !== 'ready');
        const outcomes = await store.commit(leased, rules);
        const refused = { committed: false, repeated: false };
        return completions.map((one) => outcomes[leased.indexOf(one)] ?? refused);
      },
    })),
  },
  {
    name: 'a completion that is said twice is kept twice',
    breaks: ['L3'],
    plant: leases((store, state) => ({
      async commit(completions, rules) {
        const outcomes = await store.commit(completions, rules);
        for (const [k, { fence, output }] of completions.entries()) {
          if (!outcomes[k]?.repeated) continue;
          patch(
            state,
            (task) => task.taskId === fence.taskId,
            (task) => ({ ...task, output: { ...output } }),
          );
        }
        return outcomes;
      },
    })),
  },
  {
    name: 'two grants at once may take the same task',
    breaks: ['one lease'],
    plant: leases((store, state) => ({
      async grant(request) {
        const before = new Map(state.tasks().map((task) => [task.taskId, task]));
        patch(
          state,
          (task) => task.state === 'leased',
          (task) => ({ ...task, state: 'ready' }),
        );
        const granted = await store.grant(request);
        patch(
          state,
          (task) => task.epoch === before.get(task.taskId)?.epoch,
          (task) => before.get(task.taskId) ?? task,
        );
        return granted;
      },
    })),
  },
  {
    name: 'tasks that were begun before share a slot',
    breaks: ['one slot'],
    plant: leases((store, state) => ({
      grant: (request) =>
        store.grant({
          ...request,
          place: (candidates, ...others) =>
            request.place(
              candidates.map((one) => {
                const key = find(state, one.taskId)?.shareKey;
                return key === undefined ? one : { ...one, share: { key, whole: true } };
              }),
              ...others,
            ),
        }),
    })),
  },
  {
    name: 'clips share a slot whatever they begin with',
    breaks: ['one slot'],
    plant: leases((store) => ({
      grant: (request) =>
        store.grant({
          ...request,
          place: (candidates, ...others) =>
            request.place(
              candidates.map((one) => ({ ...one, share: { key: 'any', whole: true } })),
              ...others,
            ),
        }),
    })),
  },
];
