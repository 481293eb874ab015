import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.ts';
import type { BenchContext, Measurement } from './measurement.ts';
import { MEASUREMENTS } from './registry.ts';
import { isMet, resultsMarkdown, tableText, type Measured } from './report.ts';
import { startBenchServer } from './support/server.ts';

const HELP = `npm run bench -- [options]: measures what the project promises, on this machine, each by itself.

  --only NAME   one measurement; may be given again. There are:
${MEASUREMENTS.map(({ name, about }) => `                  ${name.padEnd(14)} ${about}`).join('\n')}
  --quick       fewer repetitions: shows that it runs, not how fast it is
  --write       also writes test/bench/RESULTS.md
  --help

Exit code: 0 when all was measured and every target is met, 2 when a target is missed, 1 when a measurement failed.
Run it on a machine that does nothing else: the numbers are those of all its cores.`;

const RESULTS = join(import.meta.dirname, 'RESULTS.md');

function chosen(names: readonly string[] | undefined): readonly Measurement[] {
  if (names === undefined) return MEASUREMENTS;
  return names.map((name) => {
    const found = MEASUREMENTS.find((measurement) => measurement.name === name);
    if (found) return found;
    const known = MEASUREMENTS.map((measurement) => measurement.name).join(', ');
    throw new Error(`there is no measurement ${name}: give one of ${known}`);
  });
}

async function measure(measurement: Measurement, context: BenchContext): Promise<Measured> {
  context.say(`${measurement.name}: ${measurement.about}`);
  try {
    return { measurement, rows: await measurement.run(context) };
  } catch (error) {
    return { measurement, rows: [], error: error instanceof Error ? error.message : String(error) };
  }
}

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
  const measurements = chosen(values.only);
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'clipgrid-bench-'));
  const server = await startBenchServer(join(folder, 'postgres'));
  try {
    const say = (line: string): void => console.error(`bench: ${line}`);
    const context: BenchContext = { quick: values.quick, folder, server, say };
    const all: Measured[] = [];
    for (const measurement of measurements) {
      const measured = await measure(measurement, context);
      // All of them take half an hour: what is known is told.
      console.error(tableText([measured]));
      all.push(measured);
    }
    console.log(tableText(all));
    if (values.write) await writeFile(RESULTS, resultsMarkdown(describeMachine(server.version), all));
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
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
