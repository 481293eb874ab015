import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fewAtOnce } from '../../shared/few-at-once.ts';
import type { Row } from '../bench/measurement.ts';
import { isMet } from '../bench/report.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { SHORT_SCENARIOS } from './registry.ts';
import type { Scenario } from './scenario.ts';

/** They wait more than they work: several at once are done sooner on two cores, too. */
const AT_ONCE = 3;

type Outcome = { readonly rows: readonly Row[] } | { readonly error: unknown };

let folder: string;
const outcomes = new Map<string, Outcome>();

async function play(scenario: Scenario): Promise<void> {
  const context = {
    short: true,
    folder: await mkdtemp(join(folder, `${scenario.name}-`)),
    database: () => createTestDatabase(),
    say: () => undefined,
  };
  const outcome = await scenario.run(context).then(
    (rows) => ({ rows }),
    (error: unknown) => ({ error }),
  );
  outcomes.set(scenario.name, outcome);
}

beforeAll(async () => {
  // Each program is ended with us, by a listener of its own.
  process.setMaxListeners(100);
  folder = await mkdtemp(join(await realpath(tmpdir()), 'clipgrid-chaos-'));
  await fewAtOnce(SHORT_SCENARIOS, AT_ONCE, play);
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Seconds are for `npm run chaos` on a quiet machine. */
function isTime(row: Row): boolean {
  return row.unit === 's';
}

test.each(SHORT_SCENARIOS)('$name: $about', ({ name }) => {
  const outcome = outcomes.get(name)!;
  if ('error' in outcome) throw outcome.error;
  const told = outcome.rows.filter((row) => row.target !== undefined && !isTime(row));
  for (const row of told) expect(isMet(row), `${row.what}: ${row.value} ${row.unit}`).toBe(true);
  expect(told.length).toBeGreaterThan(0);
});
