import { describe, expect, test } from 'vitest';
import {
  whyEnd,
  whyNotStart,
} from '../../../../../../coordinator/dialects/openencoder/machines/cost-guard.ts';
import type { MachineRow } from '../../../../../../coordinator/dialects/openencoder/machines/machine-row.ts';

const MINUTE = 60_000;
const LIMITS = { maxMachines: 3, maxPriceHourly: 0.5, idleMs: 30 * MINUTE, maxLifeMs: 24 * 60 * MINUTE };
const MACHINE: MachineRow = {
  id: 1,
  provider: 'digitalocean',
  scope: 'digitalocean',
  providerId: '77',
  region: 'nyc3',
  regionName: 'New York 3',
  size: 's-1vcpu-1gb',
  priceHourly: 0.1,
  priceMonthly: 6,
  askedFor: true,
  agentId: 'a',
  createdAtMs: 0,
  busyAtMs: 0,
};

describe('the cost guard', () => {
  test('as many machines as the limit, and not one more', () => {
    const one = { machines: 1, priceHourly: 0 };
    expect(whyNotStart({ machines: 2, priceHourly: 0 }, one, LIMITS)).toBeUndefined();
    expect(whyNotStart({ machines: 3, priceHourly: 0 }, one, LIMITS)).toBe(
      '3 machines are there, 1 more would be 4: the limit is 3 (CLIPGRID_OPENENCODER_MAX_MACHINES)',
    );
  });

  test('no more an hour than the limit, where there is one; what costs nothing may always start', () => {
    const dear = { machines: 1, priceHourly: 0.3 };
    const one = { machines: 1, priceHourly: 0.3 };
    expect(whyNotStart(dear, { ...one, priceHourly: 0.2 }, LIMITS)).toBeUndefined();
    expect(whyNotStart(dear, one, LIMITS)).toMatch(/would cost 0.6 an hour: the limit is 0.5/);
    expect(
      whyNotStart({ machines: 1, priceHourly: 9 }, { machines: 1, priceHourly: 0 }, LIMITS),
    ).toBeUndefined();
    expect(whyNotStart(dear, one, { maxMachines: 3 })).toBeUndefined();
  });

  test('a machine without work is ended after its time, counted from its last work', () => {
    const idle = { ...MACHINE, busyAtMs: 10 * MINUTE };
    expect(whyEnd(idle, 40 * MINUTE - 1, LIMITS)).toBeUndefined();
    expect(whyEnd(idle, 40 * MINUTE, LIMITS)).toBe(
      'it had no work for 30 minutes (CLIPGRID_OPENENCODER_IDLE_MIN)',
    );
    const { agentId: _, ...never } = idle;
    expect(whyEnd(never, 40 * MINUTE, LIMITS)).toMatch(/^its agent did not register for 30 minutes/);
    expect(whyEnd(idle, 40 * MINUTE, { maxMachines: 3 })).toBeUndefined();
  });

  test('a machine is ended after its most hours, at work or not', () => {
    const now = 24 * 60 * MINUTE;
    const busy = { ...MACHINE, busyAtMs: now };
    expect(whyEnd(busy, now - 1, LIMITS)).toBeUndefined();
    expect(whyEnd(busy, now, LIMITS)).toMatch(/^it ran for 24 hours/);
  });

  test('what costs nothing, what nobody here asked for and what is to end already is left alone', () => {
    const late = 48 * 60 * MINUTE;
    expect(whyEnd({ ...MACHINE, priceHourly: 0 }, late, LIMITS)).toBeUndefined();
    expect(whyEnd({ ...MACHINE, askedFor: false }, late, LIMITS)).toBeUndefined();
    expect(whyEnd({ ...MACHINE, endRequestedAtMs: 1 }, late, LIMITS)).toBeUndefined();
    expect(whyEnd(MACHINE, late, LIMITS)).toBeDefined();
  });
});
