import type { EncodeCommand } from '../../shared/gen/clipgrid/v1/task.ts';
import { withWord } from './command-word.ts';

/** The word of a command that stands for as many threads as its program has processors to itself. */
const THREADS = 'CLIPGRID_THREADS';

export interface Share {
  /** Of a slot; may be a fraction. */
  readonly cores: number;
  /** That share it. */
  readonly attempts: number;
}

/** Threads of one program of an attempt, as a word of a command. */
export function threadShare({ cores, attempts }: Share): string {
  return String(Math.max(1, Math.ceil(cores / attempts)));
}

/**
 * The command with that word replaced. Encoders that run side by side and each take as many threads as the machine has
 * processors spend a part of those on waiting for each other.
 */
export function withThreads(command: EncodeCommand, share: Share): EncodeCommand {
  return withWord(command, THREADS, threadShare(share));
}
