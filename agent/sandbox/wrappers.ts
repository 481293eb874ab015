import { prlimitArguments, type SandboxLimits } from './limits.ts';

/** Small programs that change what the next one in the argv may do, as far as the machine has them. */
export interface Wrappers {
  readonly prlimit: string | undefined;
  readonly setpriv: string | undefined;
  readonly choom: string | undefined;
}

/** Bounds memory, processes, files. Empty without `prlimit`. */
export function limited({ prlimit }: Wrappers, limits: SandboxLimits): string[] {
  return prlimit === undefined ? [] : [prlimit, ...prlimitArguments(limits), '--'];
}

/** When the machine runs out of memory, the kernel ends the program and not the agent. */
export function firstToDie({ choom }: Wrappers): string[] {
  return choom === undefined ? [] : [choom, '-n', '1000', '--'];
}

/** The program dies with the agent, even when that is killed. Its children may not. */
export function diesWithAgent({ setpriv }: Wrappers): string[] {
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--no-new-privs', '--'];
}
