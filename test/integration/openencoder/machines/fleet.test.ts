import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  endAll,
  finishEnding,
  readStanding,
  requestEnd,
} from '../../../../coordinator/dialects/openencoder/machines/ending.ts';
import { startMachines } from '../../../../coordinator/dialects/openencoder/machines/starting.ts';
import { statusOf } from '../../../../coordinator/dialects/openencoder/machines/standing.ts';
import { DigitalOceanDouble, DO_TOKEN } from '../../../support/digitalocean-double.ts';
import {
  agentVariables,
  boot,
  digitalOceanFor,
  HastyClock,
  machinesOver,
  until,
} from '../../../support/machines.ts';
import { emptyGrid, submitJob } from '../../../support/rpc-jobs.ts';
import { startRunningGrid, type RunningGrid } from '../../../support/running-grid.ts';

const MINUTE = 60_000;
const ORDER = { provider: 'digitalocean', size: 's-1vcpu-1gb', count: 2, region: 'nyc3' };

let grid: RunningGrid;
let service: DigitalOceanDouble;
let clock: HastyClock;
let over: ReturnType<typeof coordinator>;
beforeAll(async () => {
  [grid, service] = [await startRunningGrid({ agents: 0 }), await DigitalOceanDouble.start()];
});
afterAll(async () => {
  await service.close();
  await grid.close();
});
beforeEach(async () => {
  await emptyGrid(grid);
  await grid.pool.query('delete from openencoder_machines');
  service.reset();
  clock = new HastyClock();
  service.nowMs = () => clock.wallMs();
  over = coordinator();
  return () => expect(service.problems.splice(0)).toEqual([]);
});

/** One of them: the database is the same for all. */
function coordinator(limits: Parameters<typeof machinesOver>[0]['limits'] = {}) {
  const provider = digitalOceanFor(service, grid, clock);
  return { provider, ...machinesOver({ grid, providers: [provider], limits, clock, drainMs: 10 * MINUTE }) };
}
const start = (count = 2, from = over) => startMachines(from.machines, { ...ORDER, count }, [from.provider]);
const statuses = async (from = over): Promise<string[]> => {
  const { rows, agents } = await readStanding(from.machines);
  return rows.map((row) => statusOf(row, agents));
};
const live = () => over.store.live();
const failsWith = (call: Promise<unknown>) =>
  call.then(
    () => 'nothing',
    (error: unknown) => String(error),
  );

describe('starting', () => {
  test('machines are written down before the provider hears of them', async () => {
    const seen: number[] = [];
    const { provider } = over;
    const create = provider.create.bind(provider);
    provider.create = async (order) => {
      seen.push(...(await live()).map(({ id }) => id));
      return create(order);
    };
    const started = await startMachines(over.machines, ORDER, [provider]);
    expect(seen).toEqual(started.map(({ id }) => id));
    expect(started.map(({ provider: name }) => name)).toEqual(['digitalocean', 'digitalocean']);
    expect((await live()).map(({ providerId }) => providerId)).toEqual(
      service.droplets.map(({ id }) => String(id)),
    );
  });

  test('the user data joins by a token of as many uses as machines, that ends in an hour; it holds nothing else', async () => {
    await start();
    const [{ CLIPGRID_JOIN_TOKEN: secret, ...others }] = [agentVariables(service.droplets[0]!)];
    expect(others).toEqual({ CLIPGRID_COORDINATOR: `127.0.0.1:${grid.rpc.port}` });
    const [token] = await grid.grid.enrolment.listJoinTokens();
    expect(token).toMatchObject({ uses: 2, used: 0, state: 'valid' });
    expect(token!.expiresAt!.getTime() - token!.createdAt.getTime()).toBe(3600_000);
    const written = JSON.stringify((await grid.pool.query('select * from openencoder_machines')).rows);
    for (const text of [written, over.logs.join('\n')]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(DO_TOKEN);
    }
    expect(service.droplets[0]!.userData).not.toContain(grid.database.url);
  });

  test('two orders at once never get each other’s machines', async () => {
    const [one, two] = await Promise.all([start(2), start(3)]);
    const rows = await live();
    expect(rows.map(({ id }) => id)).toEqual([...one, ...two].map(({ id }) => id).toSorted((a, b) => a - b));
    expect(new Set(rows.map(({ providerId }) => providerId)).size).toBe(5);
    expect(service.droplets).toHaveLength(5);
  });

  test('of several coordinators together no more start than the limit', async () => {
    const others = Array.from({ length: 4 }, () => coordinator({ maxMachines: 5 }));
    const results = await Promise.allSettled(others.map((one) => start(2, one)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(service.droplets).toHaveLength(4);
    const refused = others
      .flatMap(({ logs }) => logs)
      .filter((line) => line.startsWith('the cost guard refused'));
    expect(refused[0]).toContain('the limit is 5');
  });

  test('what costs too much an hour is not asked for', async () => {
    over = coordinator({ maxPriceHourly: 0.02 });
    await start(2);
    expect(await failsWith(start(1))).toContain('would cost 0.02679 an hour');
    expect(service.seen('POST')).toHaveLength(1);
  });

  test('what the provider refuses leaves nothing, and its join token is worth nothing', async () => {
    service.fail('POST', { status: 422, message: 'this will exceed your droplet limit' });
    expect(await failsWith(start())).toContain('exceed your droplet limit');
    expect(await live()).toEqual([]);
    expect((await grid.grid.enrolment.listJoinTokens())[0]?.state).toBe('revoked');
  });
});

describe('after a crash', () => {
  const intend = async (count = 1) => {
    const machine = { ...(await rowOf()), provider: 'digitalocean', scope: 'digitalocean' };
    const limits = { maxMachines: 10 };
    return over.store.intend({ machine, count, limits, nowMs: clock.wallMs() });
  };
  const rowOf = async () => ({
    region: 'nyc3',
    regionName: 'New York 3',
    size: 's-1vcpu-1gb',
    priceHourly: 0.00893,
    priceMonthly: 6,
  });

  test('a machine that was started and never confirmed is found by tag, region and size, and can be ended', async () => {
    await intend();
    const droplet = service.add();
    clock.advance(4 * MINUTE);
    await over.keeper.tick();
    const [row] = await live();
    expect(row).toMatchObject({ providerId: String(droplet.id), askedFor: true });
    await endAll(over.machines, [over.provider]);
    expect(service.droplets).toEqual([]);
    expect(await live()).toEqual([]);
  });

  test('an order that never reached the provider is dropped', async () => {
    await intend(2);
    clock.advance(9 * MINUTE);
    await over.keeper.tick();
    expect(await live()).toHaveLength(2);
    clock.advance(MINUTE);
    await over.keeper.tick();
    expect(await live()).toEqual([]);
  });

  test('a machine of an order that was told to have failed is ended as soon as it is found', async () => {
    service.fail('POST', { status: 500 }, { status: 500 }, { status: 500 }, { status: 500, after: true });
    // Its list is late, too: the failure cannot be cleared up at once.
    service.fail('GET /v2/droplets', ...[{ status: 400, message: 'late' }]);
    expect(await failsWith(start(1))).toContain('late');
    service.add();
    clock.advance(4 * MINUTE);
    await over.keeper.tick();
    expect(service.droplets).toEqual([]);
    expect(await live()).toEqual([]);
  });

  test('a machine with our tag that nobody asked for is shown and never ended by the guard', async () => {
    over = coordinator({ idleMs: MINUTE, maxLifeMs: MINUTE });
    service.add();
    clock.advance(6 * MINUTE);
    await over.keeper.tick();
    clock.advance(60 * MINUTE);
    await over.keeper.tick();
    expect(await live()).toMatchObject([{ askedFor: false }]);
    expect(service.droplets).toHaveLength(1);
  });

  test('what was ended elsewhere is forgotten', async () => {
    await start();
    service.droplets = service.droplets.slice(1);
    clock.advance(2 * MINUTE);
    await over.keeper.tick();
    expect((await live()).map(({ providerId }) => providerId)).toEqual([String(service.droplets[0]!.id)]);
    expect(over.logs.join('\n')).toContain('a machine is gone, and nobody here ended it');
  });
});

describe('the agents on them', () => {
  test('new, active and off; the token joins as many as were started, and each is known by its droplet', async () => {
    await start();
    expect(await statuses()).toEqual(['new', 'new']);
    const [first, second] = service.droplets;
    const agent = await boot(second!);
    expect(await statuses()).toEqual(['new', 'active']);
    agent.close();
    await until('that it is lost', async () => (await statuses())[1] === 'off');
    const other = await boot(first!);
    expect(await statuses()).toEqual(['active', 'off']);
    await expect(boot({ ...first!, id: 1 })).rejects.toThrow(/used up/);
    other.close();
  });

  test('a machine with work drains: it ends when its lease has ended, and its agent is let in no more', async () => {
    await start(1);
    const agent = await boot(service.droplets[0]!);
    const { rows } = await readStanding(over.machines);
    await submitJob(grid);
    const { fence } = await agent.next('grant');
    await requestEnd(over.machines, rows, 'a test');
    await agent.next('drain');
    await finishEnding(over.machines);
    expect(service.droplets).toHaveLength(1);
    expect(await statuses()).toEqual(['active']);
    agent.send({ release: { fence, reason: 'draining' } });
    await until('that it ends', async () => {
      await finishEnding(over.machines);
      return service.droplets.length === 0;
    });
    expect(await live()).toEqual([]);
    expect(await agent.next('goodbye')).toMatchObject({ reason: expect.stringContaining('revoked') });
    agent.close();
  });

  test('work that does not end in time holds a machine no longer than its deadline', async () => {
    await start(1);
    const agent = await boot(service.droplets[0]!);
    const { rows } = await readStanding(over.machines);
    await submitJob(grid);
    await agent.next('grant');
    await requestEnd(over.machines, rows, 'a test');
    clock.advance(10 * MINUTE - 1);
    await finishEnding(over.machines);
    expect(service.droplets).toHaveLength(1);
    clock.advance(1);
    await finishEnding(over.machines);
    expect(service.droplets).toEqual([]);
    agent.close();
  });

  test('an agent that works is no idle machine', async () => {
    over = coordinator({ idleMs: 30 * MINUTE });
    await start(1);
    const agent = await boot(service.droplets[0]!);
    await submitJob(grid);
    await agent.next('grant');
    clock.advance(40 * MINUTE);
    await over.keeper.tick();
    expect(service.droplets).toHaveLength(1);
    agent.close();
  });
});

describe('the cost guard', () => {
  test('ends a machine whose agent never came, saying why', async () => {
    over = coordinator({ idleMs: 30 * MINUTE });
    await start(1);
    clock.advance(29 * MINUTE);
    await over.keeper.tick();
    expect(service.droplets).toHaveLength(1);
    clock.advance(MINUTE);
    await over.keeper.tick();
    expect(service.droplets).toEqual([]);
    expect(await live()).toEqual([]);
    const said = over.logs.find((line) => line.startsWith('the cost guard ends a machine'));
    expect(said).toContain('its agent did not register for 30 minutes');
    const { rows } = await grid.pool.query('select end_reason from openencoder_machines');
    expect(rows[0]).toMatchObject({ end_reason: expect.stringContaining('CLIPGRID_OPENENCODER_IDLE_MIN') });
  });

  test('work puts idleness off, and not the most hours', async () => {
    over = coordinator({ idleMs: 30 * MINUTE, maxLifeMs: 60 * MINUTE });
    await start(1);
    const [row] = await live();
    clock.advance(25 * MINUTE);
    await over.store.setBusy([row!.id], clock.wallMs());
    clock.advance(29 * MINUTE);
    await over.keeper.tick();
    expect(service.droplets).toHaveLength(1);
    await over.store.setBusy([row!.id], clock.wallMs());
    clock.advance(6 * MINUTE);
    await over.keeper.tick();
    expect(service.droplets).toEqual([]);
    expect(over.logs.join('\n')).toContain('it ran for 1 hours');
  });

  test('an end that the provider refuses is tried again; two coordinators do no harm', async () => {
    over = coordinator({ maxLifeMs: MINUTE });
    const other = coordinator({ maxLifeMs: MINUTE });
    await start(2);
    clock.advance(2 * MINUTE);
    service.fail('DELETE', { status: 400, message: 'not now' });
    await over.keeper.tick();
    expect(service.droplets).toHaveLength(1);
    expect(over.logs.join('\n')).toContain('not now');
    await Promise.all([over.keeper.tick(), other.keeper.tick()]);
    expect(service.droplets).toEqual([]);
    expect(await live()).toEqual([]);
  });
});

describe('ending all', () => {
  test('a machine that another coordinator’s host runs is ended by that one', async () => {
    await start(1);
    const elsewhere = machinesOver({ grid, providers: [], clock, drainMs: 0 });
    await requestEnd(elsewhere.machines, await live(), 'a test');
    await finishEnding(elsewhere.machines);
    expect(service.droplets).toHaveLength(1);
    await over.keeper.tick();
    expect(service.droplets).toEqual([]);
    expect(await live()).toEqual([]);
  });

  test('by their tag, where nobody works; also where there is none', async () => {
    await start(3);
    await endAll(over.machines, [over.provider]);
    expect(service.seen('DELETE')).toEqual(['DELETE /v2/droplets?tag_name=openencoder-worker']);
    expect(service.droplets).toEqual([]);
    expect(await live()).toEqual([]);
    await endAll(over.machines, [over.provider]);
  });

  test('one by one, where another start is under way', async () => {
    await start(2);
    const before = [...service.droplets];
    const machine = { ...(await live())[0]!, provider: 'digitalocean', scope: 'digitalocean' };
    const starting = await over.store.intend({
      machine,
      count: 1,
      limits: { maxMachines: 9 },
      nowMs: clock.wallMs(),
    });
    const later = service.add();
    const rows = (await live()).filter(({ providerId }) => providerId !== undefined);
    await requestEnd(over.machines, rows, 'a test');
    await finishEnding(over.machines);
    expect(service.seen('DELETE').toSorted()).toEqual(
      before.map(({ id }) => `DELETE /v2/droplets/${id}`).toSorted(),
    );
    expect(service.droplets).toEqual([later]);
    expect('ids' in starting && (await live()).map(({ id }) => id)).toEqual(
      'ids' in starting && starting.ids,
    );
  });
});
