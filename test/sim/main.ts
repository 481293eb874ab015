import { parseArgs } from 'node:util';
import { runMany } from './many.ts';
import { optionsOf, type SimOptions } from './options.ts';
import { RULES } from './rules.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

const HELP = `npm run sim -- [options]: the grid under simulated faults, decided by a seed.

  --seed N      the first seed (default 1)
  --count N     how many (default 1)
  --options J   options of a schedule as JSON, as a failing test prints them; instead of those of the seed
  --trace       prints the story
  --rules       prints the rules
  --help

Exit code: 0 when all rules held, 1 when one was broken: then the schedule is shrunk and printed.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    options: { type: 'string' },
    trace: { type: 'boolean', default: false },
    rules: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

async function one(options: SimOptions): Promise<number> {
  const outcome = await simulate(options, { trace: values.trace });
  for (const line of outcome.story) console.log(line);
  if (values.trace) console.log(JSON.stringify({ ...outcome, story: undefined, options }));
  if (outcome.violation === undefined) return 0;
  const least = await shrink(options, outcome);
  console.log(`seed ${options.seed}: ${outcome.violation.message}\n  --options '${JSON.stringify(least)}'`);
  return 1;
}

async function many(first: number, count: number): Promise<number> {
  const startMs = performance.now();
  const { broken, ...sum } = await runMany({ first, count, step: 1 });
  const seconds = (performance.now() - startMs) / 1000;
  console.log(JSON.stringify(sum, undefined, 1));
  console.log(`${sum.schedules} schedules in ${seconds.toFixed(1)} s`);
  if (broken === undefined) return 0;
  console.log(`seed ${broken.seed}: ${broken.message}\n  --options '${JSON.stringify(broken.least)}'`);
  return 1;
}

async function main(): Promise<number> {
  const { seed, count, options, help, rules } = values;
  if (help) console.log(HELP);
  else if (rules) console.log(JSON.stringify(RULES, undefined, 1));
  else if (options !== undefined) return one(JSON.parse(options) as SimOptions);
  else if (count === '1') return one(optionsOf(Number(seed)));
  else return many(Number(seed), Number(count));
  return 0;
}

process.exitCode = await main();
