import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.ts';
import { chosen, exitCodeOf, measureAll } from './measure-all.ts';
import type { BenchContext } from './measurement.ts';
import { MEASUREMENTS } from './registry.ts';
import { writeResults } from './write-results.ts';
import { startBenchServer } from './support/server.ts';

const HELP = `npm run bench -- [options]: measures what the project promises, on this machine, each by itself.

  --only NAME   one measurement; may be given again. There are:
${MEASUREMENTS.map(({ name, about }) => `                  ${name.padEnd(14)} ${about}`).join('\n')}
  --quick       fewer repetitions: shows that it runs, not how fast it is
  --write       also writes test/bench/RESULTS.md; with --only, that part of it
  --help

Exit code: 0 when all was measured and every target is met, 2 when a target is missed, 1 when a measurement failed.
Run it on a machine that does nothing else: the numbers are those of all its cores.`;

const RESULTS = join(import.meta.dirname, 'RESULTS.md');

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const measurements = chosen(MEASUREMENTS, values.only, 'measurement');
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'clipgrid-bench-'));
  const server = await startBenchServer(join(folder, 'postgres'));
  try {
    const say = (line: string): void => console.error(`bench: ${line}`);
    const context: BenchContext = { quick: values.quick, folder, server, say };
    const all = await measureAll(measurements, context);
    if (values.write) await writeResults(RESULTS, describeMachine(server.version), all);
    return exitCodeOf(all);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
