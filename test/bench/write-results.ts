import { readFile, writeFile } from 'node:fs/promises';
import type { Machine } from './machine.ts';
import { resultsMarkdown, type Measured } from './report.ts';

/** Writes what was measured into a results file, and leaves the rest of it. */
export async function writeResults(
  path: string,
  machine: Machine,
  all: readonly Measured[],
  script?: string,
): Promise<void> {
  const old = await readFile(path, 'utf8').catch(() => '');
  await writeFile(path, resultsMarkdown(machine, all, { old, ...(script === undefined ? {} : { script }) }));
}
