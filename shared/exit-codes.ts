import { toGridError, type ErrorCode } from './errors.ts';

/** Every exit code of every command. `clipgrid --help` prints this table. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'done; with --watch: the job succeeded' },
  failed: {
    code: 1,
    meaning: 'the job failed or was cancelled, a check of doctor failed, or a fault of our own',
  },
  usage: {
    code: 2,
    meaning: 'a wrong option, argument or setting, or a request that the coordinator finds wrong',
  },
  notFound: { code: 3, meaning: 'no such job, agent, upload or file' },
  refused: { code: 4, meaning: 'no valid token, a missing scope, or not possible in the present state' },
  unreachable: { code: 5, meaning: 'the coordinator, or a service that it needs, does not answer' },
  transfer: { code: 6, meaning: 'an upload or download broke, or its bytes are not the right ones' },
  interrupted: { code: 130, meaning: 'interrupted (Ctrl-C); a job that was submitted goes on' },
} as const;

export type ExitName = keyof typeof EXIT_CODES;

/** Error codes whose exit is not `failed`. */
const EXITS: Partial<Record<ErrorCode, ExitName>> = {
  invalid_argument: 'usage',
  unsupported: 'usage',
  too_large: 'usage',
  not_found: 'notFound',
  unauthenticated: 'refused',
  permission_denied: 'refused',
  already_exists: 'refused',
  failed_precondition: 'refused',
  resource_exhausted: 'refused',
  unavailable: 'unreachable',
  timeout: 'unreachable',
  digest_mismatch: 'transfer',
  disk_full: 'transfer',
  unprocessable: 'transfer',
  cancelled: 'interrupted',
};

/** The exit code for anything that was thrown. */
export function exitCodeOf(thrown: unknown): number {
  return EXIT_CODES[EXITS[toGridError(thrown).code] ?? 'failed'].code;
}
