import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import { replaceFile } from '../shared/replace-file.ts';

/**
 * A number that rises with each start of this agent, on the disk when it resolves: by it the grid knows this process from
 * an earlier one whose last words arrive late (L8). At least the time of day, so that a folder from a backup is no step
 * back.
 */
export async function countStart(dataDir: string, clock: Clock): Promise<number> {
  const file = join(dataDir, 'agent-start');
  const last = Number(await readFile(file, 'utf8').catch(() => ''));
  const known = Number.isSafeInteger(last) ? last : 0;
  const start = Math.max(known + 1, Math.floor(clock.wallMs() / 1000));
  await replaceFile(file, `${start}\n`);
  return start;
}
