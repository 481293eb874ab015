import type { SandboxStrength } from '../../shared/sandbox-strength.ts';
import type { SandboxLimits } from './limits.ts';

/** What a sandboxed program may touch and use. */
export interface SandboxRequest {
  readonly argv: readonly string[];
  /** The only directory that it may write; also its working directory. Absolute path. */
  readonly workDir: string;
  /** Its whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** Extra directories that it may read. */
  readonly readOnlyPaths: readonly string[];
}

/** An argv and environment that run the request's program inside the sandbox. */
export interface SandboxedCommand {
  /** The program inside, for messages. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** One interface, several strengths; the agent probes at start which one the machine offers. */
export interface Sandbox {
  readonly strength: SandboxStrength;
  readonly limits: SandboxLimits;
  /** What memory and processes are counted for: all programs of an attempt together, or each process by itself. */
  readonly total: 'attempt' | 'process';
  /** Prepares the work directory, where that must be done, and the command. */
  wrap(request: SandboxRequest): Promise<SandboxedCommand>;
  /** No program runs in that work directory any more. Never rejects. */
  release(workDir: string): Promise<void>;
}
