import type { EncodeCommand } from '../../shared/gen/clipgrid/v1/task.ts';
import { withWord } from './command-word.ts';

/** The word of a command that stands for as many threads as its program has processors to itself. */
const THREADS = 'CLIPGRID_THREADS';

/**
 * The command with that word replaced. Encoders that run side by side and each take as many threads as the machine has
 * processors spend a part of those on waiting for each other. `cores`: of a slot, may be a fraction; `attempts`: that share it.
 */
export function withThreads(
  command: EncodeCommand,
  { cores, attempts }: { readonly cores: number; readonly attempts: number },
): EncodeCommand {
  return withWord(command, THREADS, String(Math.max(1, Math.ceil(cores / attempts))));
}
