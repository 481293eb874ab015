import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GridError, isErrorCode } from '../../shared/errors.ts';
import { createGridFixture, type GridFixture } from '../support/grid-fixture.ts';
import { createMemoryFixture } from '../support/memory-fixture.ts';
import { MEDIA, storeMoves } from '../support/store-moves.ts';
import { countingIds, outcomeOf, StoreWorld, visibleState } from '../support/store-world.ts';
import * as released from './released/stores.js';

/**
 * A rolling upgrade: coordinators of the released version work on while the new one has migrated the database. Whoever
 * does a step, the statements of the release (kept in released/stores.js) or those of today, what comes of it is the same.
 */
const TTL_MS = 1_000_000;

type Version = 'released' | 'today';

const ids = { next: countingIds() };
let today: GridFixture;
let pool: ReturnType<typeof released.openPool>;
let turn: Version = 'today';

/** Errors of the bundle are of a class of its own: identity is by code. */
function ofToday(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown)) return thrown;
  return typeof thrown.code === 'string' && isErrorCode(thrown.code)
    ? new GridError(thrown.code, thrown.message, { cause: thrown })
    : thrown;
}

/** Both versions of a store as one: each call goes to whose turn it is. */
function byTurns<T extends object>(stores: Record<Version, T>): T {
  return new Proxy(stores.today, {
    get(_, name) {
      const store = stores[turn];
      const member: unknown = Reflect.get(store, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        try {
          return await (Reflect.apply(member, store, args) as unknown);
        } catch (thrown) {
          throw ofToday(thrown);
        }
      };
    },
  });
}

beforeAll(async () => {
  today = await createGridFixture({ newId: () => ids.next(), ttlMs: TTL_MS });
  pool = released.openPool({ connectionString: today.url, max: 5, onError: () => undefined });
});
afterAll(async () => {
  await pool.pool.end();
  await today.close();
});

/** The grid whose steps are done by either version, and whose state is read by today's. */
function mixedGrid(): GridFixture {
  const stores = {
    leases: byTurns({ today: today.leases, released: released.postgresLeaseStore(pool.db) }),
    jobs: byTurns({ today: today.jobs, released: released.postgresJobStore(pool.db) }),
    agents: byTurns({ today: today.agents, released: released.postgresAgentStore(pool.db) }),
  };
  return { ...today, ...storeMoves({ ...stores, newId: () => ids.next(), ttlMs: TTL_MS }), ...stores };
}

interface Pair {
  readonly model: StoreWorld;
  readonly real: StoreWorld;
}

const done = { released: 0, today: 0 };

function command(name: string, action: (world: StoreWorld) => Promise<unknown>) {
  return fc.constantFrom<Version>('released', 'today').map((version) => ({
    check: () => true,
    toString: () => `${version}: ${name}`,
    async run(_: object, { model, real }: Pair): Promise<void> {
      const expected = await outcomeOf(() => action(model));
      turn = version;
      const actual = await outcomeOf(() => action(real));
      turn = 'today';
      done[version]++;
      expect(actual, `${version}: ${name}`).toEqual(expected);
      expect(await visibleState(real), `state after ${version}: ${name}`).toEqual(await visibleState(model));
    },
  }));
}

const agents = ['a', 'b'] as const;
const films = [
  command('submit a film', (world) => world.submit()),
  command('submit a media job', (world) => world.submit(MEDIA)),
];
const people = [0, 1].flatMap((which) =>
  (['cancel', 'retry', 'redoMerge', 'remove'] as const).map((action) =>
    command(`${action} job ${which}`, (world) => world.onJob(which, action)),
  ),
);
const work = agents.flatMap((agent) => [
  command(`${agent} connects`, (world) => world.connect(agent, false, true)),
  command(`${agent} starts anew`, (world) => world.connect(agent, true, false)),
  command(`grant 2 to ${agent}`, (world) => world.grant(agent, 2)),
  command(`grant 3 to ${agent}`, (world) => world.grant(agent, 3)),
  command(`the stream of ${agent} breaks`, (world) => world.shorten(agent)),
]);
const leases = [0, 1, 2].flatMap((back) => [
  command(`renew ${back}`, (world) => world.renew(back)),
  command(`commit ${back}`, (world) => world.commit(back, 'a')),
  command(`commit ${back} again`, (world) => world.commit(back, 'a')),
  command(`save a part of ${back}`, (world) => world.savePart(back, 0)),
  command(`fail ${back}`, (world) => world.fail(back, false)),
  command(`give ${back} back`, (world) => world.release(back)),
]);
const others = [
  command('sweep', (world) => world.sweep(false)),
  command('redo clip 0', (world) => world.redoClip(0, 0, true)),
  command('cancel a task', (world) => world.onTask(0, 'cancelTask')),
  command('retry a task', (world) => world.onTask(0, 'retryTask')),
];

test('old and new coordinators together do what one alone does, over the migrated database', async () => {
  const commands = [...films, ...work, ...work, ...leases, ...people, ...others];
  await fc.assert(
    fc
      .asyncProperty(fc.commands(commands, { size: '+1', maxCommands: 40 }), async (history) => {
        const memory = await createMemoryFixture({ newId: countingIds(), ttlMs: TTL_MS });
        const model = new StoreWorld(memory);
        const real = new StoreWorld(mixedGrid());
        for (const world of [model, real]) {
          for (const agent of agents) await world.connect(agent, false, false);
          await world.submit();
          await world.grant('a', 1);
          await world.commit(0, 'a');
        }
        await fc.asyncModelRun(() => ({ model: {}, real: { model, real } }), history);
      })
      .beforeEach(async () => {
        ids.next = countingIds();
        await today.reset();
      }),
    { numRuns: 40 },
  );
  // Neither was left out.
  expect(Math.min(done.released, done.today)).toBeGreaterThan(100);
});
