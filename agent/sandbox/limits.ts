import { totalmem } from 'node:os';

/** What one sandboxed program may use at most. Far above honest work: they hold back a runaway, not a user. */
export interface SandboxLimits {
  /** Private memory of one process (RLIMIT_DATA). */
  readonly memoryBytes: number;
  /** Processes and threads of one attempt. */
  readonly processes: number;
  readonly openFiles: number;
  /** Everything in an attempt's work directory, the source's clip included; also the limit of one file. */
  readonly workBytes: number;
  /** `/tmp`, and `/dev/shm`; they lie in memory. */
  readonly tmpBytes: number;
}

const GIB = 1024 ** 3;

export const DEFAULT_PROCESSES = 4096;
export const DEFAULT_WORK_GIB = 64;

/** Limits as an operator left them: one process may have as much memory as the machine. */
export function defaultLimits(): SandboxLimits {
  return {
    memoryBytes: totalmem(),
    processes: DEFAULT_PROCESSES,
    openFiles: 4096,
    workBytes: DEFAULT_WORK_GIB * GIB,
    tmpBytes: GIB / 4,
  };
}

/** The arguments of `prlimit` before its `--`. Processor time has no limit: a slow encode is no crime. */
export function prlimitArguments(limits: SandboxLimits): string[] {
  const { memoryBytes, processes, openFiles, workBytes } = limits;
  return [
    '--core=0',
    `--data=${memoryBytes}`,
    `--nproc=${processes}`,
    `--nofile=${openFiles}`,
    `--fsize=${workBytes}`,
  ];
}
