import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainFilm } from '../../../support/films.ts';
import { until } from '../../../support/machines.ts';
import { startOpenencoderGrid, type OpenencoderGrid } from '../../../support/openencoder-grid.ts';
import { JOB_MS, openencoderJobs } from '../../../support/openencoder-jobs.ts';
import { startOperatorStore, type OperatorStore } from '../../../support/openencoder-store.ts';

let grid: OpenencoderGrid;
let store: OperatorStore;
let operator: string;
let jobs: ReturnType<typeof openencoderJobs>;
beforeAll(async () => {
  [store, grid] = await Promise.all([startOperatorStore(), startOpenencoderGrid()]);
  const admin = await grid.admin();
  operator = await grid.member('op', 'operator', admin);
  jobs = openencoderJobs({ grid, store, token: operator, folder: grid.folder });
  await store.use(grid, admin);
  await store.putFile('src/t.mp4', plainFilm(grid.folder, 2));
}, JOB_MS);
afterAll(async () => {
  await grid.call('DELETE', '/api/machines', { token: operator });
  await grid.close();
  await store.stop();
});

const get = async <T>(path: string): Promise<T> =>
  (await grid.call('GET', `/api/${path}`, { token: operator })).json as T;
const statuses = async (): Promise<string[]> =>
  (await get<{ machines: { status: string }[] }>('machines')).machines.map(({ status }) => status);
const pools = async (): Promise<string[]> =>
  (await get<{ host: string }[]>('worker/pools')).map(({ host }) => host);

/** Processes that were started for this grid. */
function processes(): string[] {
  const mark = `CLIPGRID_MACHINES=${join(grid.folder, 'data/machines')}`;
  return readdirSync('/proc').filter((name) => {
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(mark);
    } catch {
      return false;
    }
  });
}

describe('machines on the coordinator’s own host (check 22)', () => {
  test('two become pools, encode a job that waited, and are gone when they are ended', async () => {
    const { regions } = await get<{ regions: { slug: string; sizes: string[] }[] }>('machines/regions');
    expect(regions).toHaveLength(1);
    const [{ slug: region, sizes: [size] } = { slug: '', sizes: [] }] = regions;
    expect(region).toMatch(/^local-/);
    expect(await get('machines/providers')).toMatchObject({
      providers: [
        { name: 'local', enabled: true },
        { name: 'digitalocean', enabled: false },
      ],
    });

    const before = await pools();
    const id = await jobs.submit({ preset: 'h264_baseline_360p_600', source: 'src/t.mp4', dest: 'dst/t/' });
    expect((await jobs.job(id)).status).toBe('queued');
    const fromMs = performance.now();
    // Every dashboard says digitalocean.
    const body = { provider: 'digitalocean', region, size, count: 2 };
    const answer = await grid.call('POST', '/api/machines', { token: operator, body });
    expect(answer.status).toBe(200);
    const { machine } = answer.json as { machine: { id: number; provider: string }[] };
    expect(machine.map(({ provider }) => provider)).toEqual(['local', 'local']);
    await until('two active machines', async () => (await statuses()).join() === 'active,active');
    expect((await pools()).length).toBe(before.length + 2);
    expect(performance.now() - fromMs).toBeLessThan(10_000);
    const names = machine.map(({ id }) => `openencoder-worker-${id}`);
    expect((await pools()).toSorted()).toEqual(names.toSorted());
    expect((await grid.call('GET', '/api/health')).json).toMatchObject({ workers: 2 });
    expect(await get('machines/pricing')).toEqual({
      pricing: { count: 2, price_hourly: 0, price_monthly: 0 },
    });
    expect((await jobs.until(id, 'completed', 'error')).at(-1)).toMatchObject({ error: null });
    expect(await store.outbound()).toEqual(['dst/t/h264_baseline_360p_600.mp4']);
    const encoders = await grid.query(
      `select distinct a.name from events e join agents a using (agent_id)
       where e.type = 'task.granted' and e.data->>'kind' in ('media', 'encode')`,
    );
    expect(encoders.length).toBeGreaterThan(0);
    for (const { name } of encoders) expect(names).toContain(name);
    expect(processes()).toHaveLength(2);

    expect((await grid.call('DELETE', `/api/machines/${machine[0]!.id}`, { token: operator })).json).toEqual({
      machine: machine[0],
    });
    expect(await pools()).toEqual([names[1]]);
    expect(processes()).toHaveLength(1);
    expect((await grid.call('DELETE', '/api/machines', { token: operator })).json).toEqual({ deleted: true });
    expect(await pools()).toEqual(before);
    expect(await statuses()).toEqual([]);
    expect(processes()).toEqual([]);
  });

  test('a size of another provider is unknown here; more than the limit is refused', async () => {
    const order = { provider: 'digitalocean', size: 's-1vcpu-1gb', count: 1 };
    expect((await grid.call('POST', '/api/machines', { token: operator, body: order })).status).toBe(400);
    const body = { provider: 'local', size: 'local-1c-1000000g', count: 1 };
    expect((await grid.call('POST', '/api/machines', { token: operator, body })).status).toBe(400);
    expect(processes()).toEqual([]);
  });
});
