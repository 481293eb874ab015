import { rm } from 'node:fs/promises';
import type { Clock } from '../shared/clock.ts';
import { runTool } from './subprocess.ts';

const LIMIT_MS = 60_000;

/**
 * Removes a folder that programs of users have written to: they may leave folders without any rights, or nested deeper than
 * a path can say, which Node's own removal cannot undo. Follows no links.
 */
export async function removeTree(path: string, clock: Clock): Promise<void> {
  const removed = await rm(path, { recursive: true, force: true, maxRetries: 3 }).then(
    () => true,
    () => false,
  );
  if (removed) return;
  const run = (argv: readonly string[]) =>
    runTool(
      { argv, cwd: '/', environment: { PATH: '/usr/bin:/bin' } },
      { signal: AbortSignal.timeout(LIMIT_MS), clock, isHelper: true },
    );
  // What cannot be opened up may still be removable.
  await run(['chmod', '-R', 'u+rwx', '--', path]).catch(() => undefined);
  await run(['rm', '-rf', '--', path]);
}
