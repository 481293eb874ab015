import { expect, test } from 'vitest';
import { SessionRegistry, type LocalSession } from '../../../../coordinator/grid/session-registry.ts';

interface Told {
  readonly ended: string[];
}

function session(sessionId: string, more: Partial<LocalSession> = {}): LocalSession & Told {
  const ended: string[] = [];
  return {
    sessionId,
    agentId: 'a',
    order: { start: 1, incarnation: 'one', connection: 1 },
    capabilities: new Set(),
    slots: 2,
    sink: { send: () => true, end: (reason, reconnect) => ended.push(`${reason} ${reconnect}`) },
    held: new Map(),
    committing: new Set(),
    heardMs: 0,
    draining: false,
    leaving: false,
    paused: false,
    ended,
    ...more,
  };
}

test('L8 the older session of an agent is ended by the newer one, and never the other way round', () => {
  const registry = new SessionRegistry();
  const older = session('old');
  const newer = session('new', { order: { ...older.order, connection: 2 } });
  expect(registry.add(older)).toBe(true);
  expect(registry.add(newer)).toBe(true);
  expect(older.ended).toEqual(['a newer session of this agent took over false']);
  // Its Hello came first, its leases took longer to be read.
  expect(registry.add(session('late'))).toBe(false);
  expect(newer.ended).toEqual([]);
  expect(registry.all().map((one) => one.sessionId)).toEqual(['new']);
  // The end of the older stream arrives late.
  registry.remove('old');
  expect(registry.add(session('later'))).toBe(false);
  registry.remove('new');
  expect(registry.add(session('returned'))).toBe(true);
});

test('an agent that let a lease run out is granted nothing before it is heard again', () => {
  const registry = new SessionRegistry();
  const idle = session('idle', { agentId: 'idle' });
  const busy = session('busy', { agentId: 'busy' });
  registry.add(idle);
  registry.add(busy);
  const fence = { taskId: 't', epoch: 1, leaseId: 'l' };
  const about = { jobId: 'j', kind: 'encode', clipIndex: 0, traceparent: '', inputFrames: 1 } as const;
  busy.held.set('t', { fence, ...about, sinceMs: 5_000, slot: 'l' });
  const free = (oldestMs: number): string[] =>
    registry.capacities(oldestMs).map((one) => `${one.agentId} ${one.freeSlots}`);
  expect(free(5_000)).toEqual(['idle 2', 'busy 1']);
  expect(free(5_001)).toEqual(['idle 2']);
  busy.heardMs = 16_000;
  expect(free(5_001)).toEqual(['idle 2', 'busy 1']);
});

test('leases of one slot take one, until the last of them has ended', () => {
  const registry = new SessionRegistry();
  const busy = session('busy', { agentId: 'busy' });
  registry.add(busy);
  const about = {
    jobId: 'j',
    kind: 'encode',
    clipIndex: 0,
    traceparent: '',
    inputFrames: 1,
    sinceMs: 5_000,
  } as const;
  for (const leaseId of ['l', 'm', 'n'])
    busy.held.set(leaseId, { fence: { taskId: leaseId, epoch: 1, leaseId }, ...about, slot: 'l' });
  const free = (): number => registry.capacities(0)[0]?.freeSlots ?? 0;
  expect(free()).toBe(1);
  busy.held.delete('l');
  busy.held.delete('m');
  expect(free()).toBe(1);
  busy.held.delete('n');
  expect(free()).toBe(2);
});
