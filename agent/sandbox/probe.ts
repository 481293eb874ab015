import type { Clock } from '../../shared/clock.ts';
import { findProgram } from '../find-program.ts';
import { runTool } from '../subprocess.ts';
import { bubblewrapSandbox } from './namespaces.ts';
import { plainSandbox } from './plain.ts';
import type { Sandbox } from './sandbox.ts';

const SYSTEM_PATHS = [
  '/usr',
  '/bin',
  '/lib',
  '/lib64',
  '/etc/ld.so.cache',
  '/etc/alternatives',
  '/etc/fonts',
];

export interface SandboxProbe {
  readonly searchPath: string;
  /** An existing directory to try it in. */
  readonly workDir: string;
  readonly clock: Clock;
}

/** The strongest sandbox that really runs a program here, found by running one. */
export async function probeSandbox({ searchPath, workDir, clock }: SandboxProbe): Promise<Sandbox> {
  const plain = plainSandbox(await findProgram('prlimit', searchPath));
  const bwrap = await findProgram('bwrap', searchPath);
  const candidates = bwrap === undefined ? [plain] : [bubblewrapSandbox(bwrap, SYSTEM_PATHS), plain];
  for (const sandbox of candidates) {
    const request = { argv: ['/bin/true'], workDir, environment: {}, readOnlyPaths: [] };
    const works = await runTool(sandbox.wrap(request), { signal: AbortSignal.timeout(10_000), clock }).then(
      () => true,
      () => false,
    );
    if (works) return sandbox;
  }
  return plainSandbox(undefined);
}
