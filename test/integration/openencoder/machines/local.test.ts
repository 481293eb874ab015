import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { endAll, readStanding } from '../../../../coordinator/dialects/openencoder/machines/ending.ts';
import { Local } from '../../../../coordinator/dialects/openencoder/machines/local/local.ts';
import {
  endProcess,
  startTicksOf,
} from '../../../../coordinator/dialects/openencoder/machines/local/processes.ts';
import { statusOf } from '../../../../coordinator/dialects/openencoder/machines/standing.ts';
import { startMachines } from '../../../../coordinator/dialects/openencoder/machines/starting.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { lightTools } from '../../../support/light-tools.ts';
import { machinesOver, until } from '../../../support/machines.ts';
import { emptyGrid } from '../../../support/rpc-jobs.ts';
import { startRunningGrid, type RunningGrid } from '../../../support/running-grid.ts';

const ORDER = { provider: 'digitalocean', size: 'local-1c-2g', count: 2, region: '' };

let grid: RunningGrid;
let folder: string;
let local: Local;
let path: string;
let over: ReturnType<typeof machinesOver>;
beforeAll(async () => {
  // Nobody comes in without a key of their own.
  grid = await startRunningGrid({ agents: 0, agentAuth: 'enrol' });
  path = lightTools(grid.folder);
});
afterAll(() => grid.close());
beforeEach(async () => {
  await emptyGrid(grid);
  await grid.pool.query('delete from openencoder_machines');
  folder = await realpath(await mkdtemp(join(tmpdir(), 'clipgrid-machines-')));
  local = openLocal();
  over = machinesOver({ grid, providers: [local] });
});
afterEach(async () => {
  await local.removeAll();
  await rm(folder, { recursive: true, force: true });
});

function openLocal(over: Partial<ConstructorParameters<typeof Local>[0]> = {}): Local {
  return new Local({
    enabled: true,
    folder,
    hostName: 'Blue_1',
    hardware: { cores: 2, memoryBytes: 4 * 1024 ** 3 },
    priceHourly: 0,
    coordinator: `127.0.0.1:${grid.rpc.port}`,
    environment: { PATH: path },
    clock: systemClock,
    ...over,
  });
}

const start = (count = 2) => startMachines(over.machines, { ...ORDER, count }, [local]);
const statuses = async (): Promise<string[]> => {
  const { rows, agents } = await readStanding(over.machines);
  return rows.map((row) => statusOf(row, agents));
};
const pidOf = (providerId: string): number => Number(providerId.split('-')[0]);
const groupOf = (pid: number): number => Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)]));

describe('agents on this machine', () => {
  test('one is started in a group of its own, joins by its own token, and leaves nothing when it ends', async () => {
    expect(await start(1)).toMatchObject([{ provider: 'local' }]);
    await until('an active machine', async () => (await statuses()).join() === 'active');
    expect(await grid.grid.agents.list()).toMatchObject([{ state: 'online', slots: 1 }]);
    const [token] = await grid.grid.enrolment.listJoinTokens();
    expect(token).toMatchObject({ uses: 1, used: 1 });
    const [pid = 0] = (await over.store.live()).map(({ providerId }) => pidOf(providerId ?? ''));
    expect(groupOf(pid)).toBe(pid);
    await endAll(over.machines, [local]);
    expect(await over.store.live()).toEqual([]);
    expect(await local.list()).toEqual([]);
    expect(await startTicksOf(pid)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    expect(await grid.grid.agents.list()).toMatchObject([{ state: 'revoked' }]);
  });

  test('secrets are on no command line, and only the join token is in the environment', async () => {
    const [{ id } = { id: 0 }] = await start(1);
    const [row] = await over.store.live();
    const pid = pidOf(row?.providerId ?? '');
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    expect(commandLine).toContain(`openencoder-worker-${id}`);
    expect(commandLine.join(' ')).not.toContain('cgj_');
    const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .flatMap((text) => text.split('=', 1))
      .filter((name) => name !== '');
    expect(names.toSorted()).toEqual([
      'CLIPGRID_DRAIN_S',
      'CLIPGRID_JOIN_TOKEN',
      'CLIPGRID_MACHINE',
      'CLIPGRID_MACHINES',
      'CLIPGRID_SANDBOX_MEMORY_GIB',
      'PATH',
    ]);
  });

  test('after a restart of the coordinator they are known by process id and start time', async () => {
    const [{ id } = { id: 0 }] = await start(1);
    const [before] = await over.store.live();
    // Another coordinator process on the same folder and database.
    const next = openLocal();
    expect(await next.list()).toMatchObject([
      { providerId: before?.providerId, machineId: id, size: ORDER.size },
    ]);
    const again = machinesOver({ grid, providers: [next] });
    await again.keeper.tick();
    expect(await again.store.live()).toMatchObject([{ id, providerId: before?.providerId }]);
    // The same id and another start time is another program.
    const [pid, ticks] = [pidOf(before?.providerId ?? ''), Number(before?.providerId?.split('-')[1])];
    await endProcess({ pid, startTicks: ticks + 1 }, 0, systemClock);
    expect(await startTicksOf(pid)).toBe(ticks);
    await next.remove(before?.providerId ?? '');
    expect(await startTicksOf(pid)).toBeUndefined();
    expect(existsSync(join(folder, String(id)))).toBe(false);
  });

  test('one whose start was never confirmed is found again', async () => {
    const [{ id } = { id: 0 }] = await start(1);
    await grid.pool.query('update openencoder_machines set provider_id = null');
    await over.keeper.tick();
    const [row] = await over.store.live();
    expect(row?.id).toBe(id);
    expect(row?.providerId).toBe((await local.list())[0]?.providerId);
  });

  test('an agent that was killed is no machine any more; its folder and tools go', async () => {
    const [{ id } = { id: 0 }] = await start(1);
    const [row] = await over.store.live();
    const tool = join(folder, String(id), 'work/attempt');
    execFileSync('mkdir', ['-p', tool]);
    const pid = Number(
      execFileSync('sh', ['-c', 'setsid sleep 600 >/dev/null 2>&1 & echo $!'], { cwd: tool }),
    );
    process.kill(pidOf(row?.providerId ?? ''), 'SIGKILL');
    await until('that it is gone', async () => (await local.list()).length === 0);
    // A provider may list a machine a moment late: what is as young as this one is not missed yet.
    await grid.pool.query(`update openencoder_machines set created_at = created_at - interval '2 minutes'`);
    await over.keeper.tick();
    expect(await over.store.live()).toEqual([]);
    expect(existsSync(join(folder, String(id)))).toBe(false);
    expect(await startTicksOf(pid)).toBeUndefined();
  });
});

describe('what it offers', () => {
  test('a region of its own, sizes of the hardware, and no price, or the operator’s', async () => {
    expect(await local.regions()).toEqual([
      {
        slug: 'local-blue_1'.replace('_', '-'),
        name: 'Blue_1',
        sizes: ['local-1c-2g', 'local-2c-4g'],
        available: true,
      },
    ]);
    expect(
      (await local.sizes()).map(({ slug, available, priceHourly }) => [slug, available, priceHourly]),
    ).toEqual([
      ['local-1c-2g', true, 0],
      ['local-2c-4g', true, 0],
    ]);
    const dear = await openLocal({ priceHourly: 0.5 }).sizes();
    expect(dear.map(({ priceHourly }) => priceHourly)).toEqual([0.25, 0.5]);
  });

  test('nothing, when it is switched off', async () => {
    expect(await local.status()).toEqual({ enabled: true, reason: '' });
    expect(await openLocal({ enabled: false }).status()).toEqual({
      enabled: false,
      reason: 'CLIPGRID_OPENENCODER_LOCAL is off',
    });
  });
});
