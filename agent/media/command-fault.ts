import { isHardwareEncoder } from '../../shared/hardware-encoder.ts';

/** How a run of ffmpeg on a whole source failed. */
export interface FailedRun {
  readonly argv: readonly string[];
  /** Undefined: it was ended by a signal, or never started. */
  readonly exitCode: number | undefined;
  /** It had made something before. */
  readonly madeOutput: boolean;
  readonly log: string;
}

/** What a machine lacks, and another one may have. */
const MACHINE =
  /Cannot allocate memory|[Oo]ut of memory|No space left|quota|Input\/output error|resource busy|Permission denied|Killed/;
/** A wrapper's word for "ended by a signal". */
const SIGNAL_CODES = { from: 129, to: 159 } as const;

/**
 * Whether no other agent would do better: the same words and the same bytes fail everywhere before the first frame, unless it
 * was the machine that failed.
 */
export function isCommandAtFault({ argv, exitCode, madeOutput, log }: FailedRun): boolean {
  if (madeOutput || exitCode === undefined) return false;
  if (exitCode >= SIGNAL_CODES.from && exitCode <= SIGNAL_CODES.to) return false;
  return !argv.some(isHardwareEncoder) && !MACHINE.test(log);
}
