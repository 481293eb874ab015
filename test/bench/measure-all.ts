import type { Measurable } from './measurement.ts';
import { isMet, tableText, type Measured } from './report.ts';

interface Speaker {
  say(line: string): void;
}

/** Those of the names; all of them where none is given. `what` is the word for one of them. */
export function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  names: readonly string[] | undefined,
  what: string,
): readonly T[] {
  if (names === undefined) return all;
  return names.map((name) => {
    const found = all.find((one) => one.name === name);
    if (found) return found;
    throw new Error(`there is no ${what} ${name}: give one of ${all.map((one) => one.name).join(', ')}`);
  });
}

async function measure<Context extends Speaker>(
  measurement: Measurable<Context>,
  context: Context,
): Promise<Measured> {
  const { name, about } = measurement;
  context.say(`${name}: ${about}`);
  const fromMs = performance.now();
  try {
    const rows = await measurement.run(context);
    context.say(`${name}: ${((performance.now() - fromMs) / 1000).toFixed(1)} s`);
    return { measurement, rows };
  } catch (error) {
    return { measurement, rows: [], error: error instanceof Error ? error.message : String(error) };
  }
}

/** One after the other. All of them take long, so what is known is told at once. */
export async function measureAll<Context extends Speaker>(
  measurements: readonly Measurable<Context>[],
  context: Context,
): Promise<Measured[]> {
  const all: Measured[] = [];
  for (const measurement of measurements) {
    const measured = await measure(measurement, context);
    console.error(`\n${tableText([measured])}\n`);
    all.push(measured);
  }
  console.log(tableText(all));
  return all;
}

/** 1: something failed; 2: a target is missed. */
export function exitCodeOf(all: readonly Measured[]): number {
  if (all.some((one) => one.error !== undefined)) return 1;
  return all.some((one) => one.rows.some((row) => isMet(row) === false)) ? 2 : 0;
}
