import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresLeaseStore } from '../../coordinator/store/postgres/lease-store.ts';
import { openPool } from '../../coordinator/store/postgres/pool.ts';
import { createGridFixture, TTL_MS, type GridFixture } from '../support/grid-fixture.ts';

let grid: GridFixture;
beforeAll(async () => {
  grid = await createGridFixture();
});
afterAll(() => grid.close());

test('L12 several coordinators: one that lives keeps the leases of all, and the first sweep after an outage holds for all', async () => {
  const other = openPool({ connectionString: grid.url, max: 2, onError: () => undefined });
  try {
    const sweepers = [grid.leases, postgresLeaseStore(other.db)];
    const sweep = () =>
      Promise.all(sweepers.map((leases) => leases.expire({ ttlMs: TTL_MS, outageMs: 2_500, limit: 10 })));
    const session = await grid.agent('a');
    await grid.submit();
    await grid.grant('a', session);
    await grid.ageLeases(TTL_MS + 30_000);
    await grid.sweptAgo(3_000);
    expect(await sweep()).toEqual([0, 0]);
    expect(await sweep()).toEqual([0, 0]);
    // The hold is over: exactly one of the two ends the lease.
    await grid.endHold();
    expect((await sweep()).toSorted((x, y) => x - y)).toEqual([0, 1]);
  } finally {
    await other.pool.end();
  }
});
