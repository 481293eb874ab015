import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/machine.ts';
import { chosen, exitCodeOf, measureAll } from '../bench/measure-all.ts';
import { writeResults } from '../bench/write-results.ts';
import { SCENARIOS } from './registry.ts';
import type { ChaosContext } from './scenario.ts';
import { ChaosPostgres } from './support/postgres.ts';

const HELP = `npm run chaos -- [options]: real coordinators, agents, PostgreSQL, S3 server and encoders, and what they survive.

  --only NAME   one scenario; may be given again. There are:
${SCENARIOS.map(({ name, about }) => `                  ${name.padEnd(18)} ${about}`).join('\n')}
  --short       few repetitions and short outages: the form that \`npm test\` runs
  --write       also writes test/chaos/RESULTS.md; with --only, that part of it
  --help

Exit code: 0 when every target is met, 2 when one is missed, 1 when a scenario failed.
It takes about ten minutes. Run it on a machine that does nothing else: times are those of two idle cores.`;

const RESULTS = join(import.meta.dirname, 'RESULTS.md');

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
  const scenarios = chosen(SCENARIOS, values.only, 'scenario');
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'clipgrid-chaos-'));
  const server = await ChaosPostgres.start(join(folder, 'postgres'));
  try {
    const context: ChaosContext = {
      short: values.short,
      folder,
      database: () => server.database(),
      say: (line) => console.error(`chaos: ${line}`),
    };
    const all = await measureAll(scenarios, context);
    const machine = describeMachine(await server.version());
    if (values.write) await writeResults(RESULTS, machine, all, 'chaos');
    return exitCodeOf(all);
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
