import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGridFixture, type GridFixture } from '../support/grid-fixture.ts';
import { createMemoryFixture } from '../support/memory-fixture.ts';
import { INDEX_ONLY, MEDIA, PACKAGED_FILM } from '../support/store-moves.ts';
import { countingIds, outcomeOf, StoreWorld, visibleState } from '../support/store-world.ts';

// Far longer than a run takes: only the commands let leases end.
const TTL_MS = 1_000_000;
const STEP_MS = 400_000;

const ids = { next: countingIds() };
let real: GridFixture;
beforeAll(async () => {
  real = await createGridFixture({ newId: () => ids.next(), ttlMs: TTL_MS });
});
afterAll(() => real.close());

interface Pair {
  readonly model: StoreWorld;
  readonly real: StoreWorld;
}

/** A command happens in both worlds; what came of it, and all that can be seen afterwards, must be the same. */
function command(name: string, action: (world: StoreWorld) => Promise<unknown>) {
  return {
    check: () => true,
    toString: () => name,
    async run(_: object, { model, real: database }: Pair): Promise<void> {
      const expected = await outcomeOf(() => action(model));
      expect(await outcomeOf(() => action(database)), name).toEqual(expected);
      expect(await visibleState(database), `state after ${name}`).toEqual(await visibleState(model));
      await counterCheck();
    },
  };
}

/** L10: stored counters are what a recount says. */
async function counterCheck(): Promise<void> {
  const { rows } = await real.pool.query(`
    select j.job_id, j.state, j.open_tasks, j.clips_done, c.open, c.clips from jobs j, lateral (
      select count(*) filter (where state <> 'succeeded')::int as open,
        count(*) filter (where state = 'succeeded' and kind in ('encode', 'media'))::int as clips
      from tasks where job_id = j.job_id and kind in ('encode', 'audio', 'media')) c
    where j.plan is not null and (j.open_tasks, j.clips_done) is distinct from (c.open, c.clips)`);
  expect(rows).toEqual([]);
}

const agent = fc.constantFrom('a', 'b', 'c');
const back = fc.integer({ min: 0, max: 5 });
const job = fc.integer({ min: 0, max: 2 });
const clip = fc.integer({ min: 0, max: 4 });
const jobAction = fc.constantFrom('cancel', 'retry', 'retry', 'redoMerge', 'collect', 'remove');

const grant = fc
  .tuple(agent, fc.integer({ min: 1, max: 4 }))
  .map(([who, slots]) => command(`grant ${slots} to ${who}`, (world) => world.grant(who, slots)));
const commit = fc
  .tuple(back, fc.constantFrom('a', 'a', 'b'))
  .map(([k, content]) => command(`commit ${k} with ${content}`, (world) => world.commit(k, content)));
const finish = fc.tuple(agent, fc.integer({ min: 1, max: 4 })).map(([who, slots]) =>
  command(`${who} does ${slots}`, async (world) => {
    const granted = await world.grant(who, slots);
    const outcomes = [];
    for (let k = 0; k < granted.length; k++) outcomes.push(await world.commit(k, 'a'));
    return outcomes;
  }),
);
const commands = [
  fc.constant(command('submit a film', (world) => world.submit())),
  fc.constant(command('submit a media job', (world) => world.submit(MEDIA))),
  fc.constant(command('submit an index job', (world) => world.submit(INDEX_ONLY))),
  fc.constant(command('submit a film that becomes files', (world) => world.submit(PACKAGED_FILM))),
  job.map((which) => command(`submit a film on the index of ${which}`, (world) => world.submitNamed(which))),
  grant,
  grant,
  commit,
  commit,
  finish,
  finish,
  finish,
  fc
    .tuple(back, fc.constantFrom(0, 0, 0, -2, 1))
    .map(([k, off]) => command(`save a part of ${k}, ${off} off`, (world) => world.savePart(k, off))),
  back.map((k) => command(`renew ${k}`, (world) => world.renew(k))),
  fc
    .tuple(back, fc.boolean(), fc.boolean())
    .map(([k, a, b]) => command(`fail ${k} ${a && b}`, (world) => world.fail(k, a && b))),
  back.map((k) => command(`release ${k}`, (world) => world.release(k))),
  fc.constant(command('time passes', (world) => world.grid.ageLeases(STEP_MS))),
  fc.constant(
    command('all leases run out', async (world) => {
      await world.grid.ageLeases(3 * STEP_MS);
      return world.sweep(false);
    }),
  ),
  fc.constant(command('sweep', (world) => world.sweep(false))),
  fc.constant(command('sweep after an outage', (world) => world.sweep(true))),
  fc.constant(command('the hold ends', (world) => world.grid.endHold())),
  agent.map((who) => command(`the stream of ${who} breaks`, (world) => world.shorten(who))),
  fc
    .tuple(agent, fc.boolean(), fc.boolean())
    .map(([who, restarted, keeps]) =>
      command(`${who} connects, restarted ${restarted}, keeps ${keeps}`, (world) =>
        world.connect(who, restarted, keeps && !restarted),
      ),
    ),
  fc
    .tuple(job, jobAction)
    .map(([which, action]) => command(`${action} job ${which}`, (world) => world.onJob(which, action))),
  fc
    .tuple(job, clip, fc.boolean())
    .map(([which, index, change]) =>
      command(`redo clip ${index} of ${which}`, (world) => world.redoClip(which, index, change)),
    ),
  fc
    .tuple(job, clip)
    .map(([which, index]) =>
      command(`look at clip ${index} of ${which}`, (world) => world.exportClip(which, index)),
    ),
  fc
    .tuple(back, fc.constantFrom('cancelTask', 'retryTask'))
    .map(([k, action]) => command(`${action} ${k}`, (world) => world.onTask(k, action))),
  fc
    .tuple(agent, fc.boolean())
    .map(([who, drain]) =>
      command(`${drain ? 'drain' : 'undrain'} ${who}`, (world) =>
        drain ? world.grid.agents.drain(who, 0) : world.grid.agents.undrain(who),
      ),
    ),
] as const;

test('the state machines and PostgreSQL agree after every command of any history', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands([...commands], { size: '+1', maxCommands: 40 }), async (history) => {
      await real.reset();
      const modelIds = countingIds();
      ids.next = countingIds();
      const model = new StoreWorld(await createMemoryFixture({ newId: modelIds, ttlMs: TTL_MS }));
      const database = new StoreWorld(real);
      for (const world of [model, database]) {
        for (const who of ['a', 'b', 'c']) await world.connect(who, false, false);
        await world.submit();
        await world.grant('a', 1);
        await world.commit(0, 'a');
      }
      await fc.asyncModelRun(() => ({ model: {}, real: { model, real: database } }), history);
    }),
    { numRuns: Number(process.env['MODEL_RUNS'] ?? 20), endOnFailure: process.env['MODEL_SHRINK'] !== '1' },
  );
}, 300_000);
