import { parseArgs } from 'node:util';
import { optionsOf, type SimOptions } from './options.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

const HELP = `npm run sim -- [options]: the grid under simulated faults, decided by a seed.

  --seed N      the first seed (default 1)
  --count N     how many (default 1)
  --options J   options of a schedule as JSON, as a failing test prints them; instead of those of the seed
  --trace       prints the story
  --help

Exit code: 0 when all rules held, 1 when one was broken: then the schedule is shrunk and printed.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    options: { type: 'string' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

async function one(options: SimOptions): Promise<boolean> {
  const outcome = await simulate(options, { trace: values.trace });
  for (const line of outcome.story) console.log(line);
  if (values.trace) console.log(JSON.stringify({ ...outcome, story: undefined }));
  if (outcome.violation === undefined) return true;
  const least = await shrink(options, outcome);
  console.log(`seed ${options.seed}: ${outcome.violation.message}\n  --options '${JSON.stringify(least)}'`);
  return false;
}

async function main(): Promise<number> {
  const first = Number(values.seed);
  const given = values.options === undefined ? undefined : (JSON.parse(values.options) as SimOptions);
  if (given) return (await one(given)) ? 0 : 1;
  let failed = 0;
  const startMs = performance.now();
  for (let seed = first; seed < first + Number(values.count); seed++) {
    if (!(await one(optionsOf(seed)))) failed++;
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${values.count} schedules in ${seconds} s, ${failed} broke a rule`);
  return failed > 0 ? 1 : 0;
}

if (values.help) console.log(HELP);
else process.exitCode = await main();
