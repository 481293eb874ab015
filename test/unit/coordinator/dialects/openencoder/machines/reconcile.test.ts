import { describe, expect, test } from 'vitest';
import type { MachineRow } from '../../../../../../coordinator/dialects/openencoder/machines/machine-row.ts';
import type { ProviderMachine } from '../../../../../../coordinator/dialects/openencoder/machines/provider.ts';
import { reconcile } from '../../../../../../coordinator/dialects/openencoder/machines/reconcile.ts';
import { agentsOf, statusOf } from '../../../../../../coordinator/dialects/openencoder/machines/standing.ts';
import type { AgentView } from '../../../../../../coordinator/domain/agent.ts';

const MINUTE = 60_000;
const NOW = 1_000 * MINUTE;

function row(id: number, over: Partial<MachineRow> = {}): MachineRow {
  const price = { priceHourly: 0.1, priceMonthly: 6 };
  const place = { provider: 'p', scope: 'p', region: 'nyc3', regionName: 'New York 3', size: 'small' };
  return { id, ...place, ...price, askedFor: true, createdAtMs: NOW - 4 * MINUTE, busyAtMs: 0, ...over };
}

function machine(providerId: string, over: Partial<ProviderMachine> = {}): ProviderMachine {
  const price = { priceHourly: 0.1, priceMonthly: 6 };
  const place = { region: 'nyc3', regionName: 'New York 3', size: 'small' };
  return { providerId, ...place, ...price, createdAtMs: NOW - 4 * MINUTE, ...over };
}

describe('what a provider’s list changes', () => {
  test('nothing, where both agree', () => {
    const result = reconcile({ rows: [row(1, { providerId: 'a' })], listed: [machine('a')], nowMs: NOW });
    expect(result).toEqual({ claimed: [], strangers: [], vanished: [], unborn: [] });
  });

  test('an order that was never confirmed gets the machines of its region and size, each once', () => {
    const rows = [row(1), row(2), row(3, { size: 'large' })];
    const listed = [machine('a'), machine('b', { region: 'ams3' }), machine('c')];
    const { claimed, strangers } = reconcile({ rows, listed, nowMs: NOW + 5 * MINUTE });
    expect(claimed.map(({ id, machine: one }) => [id, one.providerId])).toEqual([
      [1, 'a'],
      [2, 'c'],
    ]);
    expect(strangers.map(({ providerId }) => providerId)).toEqual(['b']);
  });

  test('an order that may be under way is left to whoever gave it, and so is its machine', () => {
    const rows = [row(1, { createdAtMs: NOW - MINUTE })];
    const result = reconcile({ rows, listed: [machine('a', { createdAtMs: NOW - MINUTE })], nowMs: NOW });
    expect(result).toEqual({ claimed: [], strangers: [], vanished: [], unborn: [] });
  });

  test('a machine that is older than the order is another one', () => {
    const listed = [machine('a', { createdAtMs: NOW - 60 * MINUTE })];
    const { claimed, strangers } = reconcile({ rows: [row(1)], listed, nowMs: NOW });
    expect(claimed).toEqual([]);
    expect(strangers).toHaveLength(1);
  });

  test('where the provider keeps our id, that decides, at once', () => {
    const rows = [row(1, { createdAtMs: NOW }), row(2, { createdAtMs: NOW })];
    const listed = [machine('a', { machineId: 2, createdAtMs: NOW })];
    expect(reconcile({ rows, listed, nowMs: NOW }).claimed.map(({ id }) => id)).toEqual([2]);
  });

  test('what it lists no more is gone, unless it is a moment old; what was never started is dropped after ten minutes', () => {
    const gone = row(1, { providerId: 'a' });
    const fresh = row(2, { providerId: 'b', createdAtMs: NOW - 10_000 });
    const waiting = row(3, { createdAtMs: NOW - 9 * MINUTE });
    const unborn = row(4, { createdAtMs: NOW - 10 * MINUTE });
    const result = reconcile({ rows: [gone, fresh, waiting, unborn], listed: [], nowMs: NOW });
    expect(result.vanished).toEqual([gone]);
    expect(result.unborn).toEqual([unborn]);
  });
});

describe('which agent is which machine', () => {
  const joined = (agentId: string, tokenId: string, name: string) => ({ agentId, tokenId, name });

  test('a token that one machine has tells its agent, whatever that is called', () => {
    const rows = [row(1, { tokenId: 't1', providerId: '77' }), row(2, { tokenId: 't2' })];
    expect(agentsOf(rows, [joined('A', 't1', 'any name')])).toEqual([{ id: 1, agentId: 'A' }]);
  });

  test('machines with one token are told apart by the provider’s id, and by nothing else', () => {
    const rows = [row(1, { tokenId: 't', providerId: '77' }), row(2, { tokenId: 't', providerId: '78' })];
    const enrolled = [
      joined('A', 't', 'openencoder-worker-78'),
      joined('B', 't', 'a name of its own'),
      joined('C', 'other', 'openencoder-worker-77'),
    ];
    expect(agentsOf(rows, enrolled)).toEqual([{ id: 2, agentId: 'A' }]);
  });

  test('new until it registers, active while it lives, also while it drains, off when it is lost', () => {
    const agents = (state: AgentView['state']) => new Map([['A', { state } as AgentView]]);
    expect(statusOf(row(1, { tokenId: 't' }), new Map())).toBe('new');
    const known = row(1, { tokenId: 't', agentId: 'A' });
    expect(statusOf(known, agents('online'))).toBe('active');
    expect(statusOf(known, agents('draining'))).toBe('active');
    expect(statusOf(known, agents('offline'))).toBe('off');
    expect(statusOf(known, agents('revoked'))).toBe('off');
    expect(statusOf(known, new Map())).toBe('off');
    // Nobody here started it, so no agent of ours is on it.
    expect(statusOf(row(1), new Map())).toBe('off');
  });
});
