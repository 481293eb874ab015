import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/machine.ts';
import { isMet, resultsMarkdown, tableText, type Measured } from '../bench/report.ts';
import { SCENARIOS } from './registry.ts';
import type { ChaosContext, Scenario } from './scenario.ts';
import { ChaosPostgres } from './support/postgres.ts';

const HELP = `npm run chaos -- [options]: real coordinators, agents, PostgreSQL, S3 server and encoders, and what they survive.

  --only NAME   one scenario; may be given again. There are:
${SCENARIOS.map(({ name, about }) => `                  ${name.padEnd(18)} ${about}`).join('\n')}
  --short       few repetitions and short outages: the form that \`npm test\` runs
  --write       also writes test/chaos/RESULTS.md
  --help

Exit code: 0 when every target is met, 2 when one is missed, 1 when a scenario failed.
It takes about ten minutes. Run it on a machine that does nothing else: times are those of two idle cores.`;

const RESULTS = join(import.meta.dirname, 'RESULTS.md');

function chosen(names: readonly string[] | undefined): readonly Scenario[] {
  if (names === undefined) return SCENARIOS;
  return names.map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name);
    if (found) return found;
    const known = SCENARIOS.map((scenario) => scenario.name).join(', ');
    throw new Error(`there is no scenario ${name}: give one of ${known}`);
  });
}

async function play(scenario: Scenario, context: ChaosContext): Promise<Measured> {
  context.say(`${scenario.name}: ${scenario.about}`);
  const measurement = { ...scenario, run: () => Promise.resolve([]) };
  const fromMs = performance.now();
  try {
    const rows = await scenario.run(context);
    context.say(`${scenario.name}: ${((performance.now() - fromMs) / 1000).toFixed(1)} s`);
    return { measurement, rows };
  } catch (error) {
    return { measurement, rows: [], error: error instanceof Error ? error.message : String(error) };
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      short: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  // Each program is ended with us, by a listener of its own.
  process.setMaxListeners(100);
  const scenarios = chosen(values.only);
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'clipgrid-chaos-'));
  const server = await ChaosPostgres.start(join(folder, 'postgres'));
  try {
    const context: ChaosContext = {
      short: values.short,
      folder,
      database: () => server.database(),
      say: (line) => console.error(`chaos: ${line}`),
    };
    const all: Measured[] = [];
    for (const scenario of scenarios) {
      const played = await play(scenario, context);
      all.push(played);
      console.error(`\n${tableText([played])}\n`);
    }
    console.log(tableText(all));
    const machine = describeMachine(await server.version());
    if (values.write) await writeFile(RESULTS, resultsMarkdown(machine, all, 'chaos'));
    if (all.some((one) => one.error !== undefined)) return 1;
    return all.some((one) => one.rows.some((row) => isMet(row) === false)) ? 2 : 0;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`chaos: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
