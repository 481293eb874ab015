import { basename } from 'node:path';
import type { Sandbox } from './sandbox.ts';

/** Size limit of one file that a sandboxed program writes, and of its processes: far above honest work. */
const LIMITS = ['--core=0', `--fsize=${1024 ** 4}`, '--nofile=4096'];

/** No walls: resource limits by `prlimit` where it is there, else nothing but a scrubbed environment. */
export function plainSandbox(prlimit: string | undefined): Sandbox {
  return {
    strength: prlimit === undefined ? 'none' : 'limits',
    wrap({ argv, workDir, environment }) {
      const limited = prlimit === undefined ? argv : [prlimit, ...LIMITS, '--', ...argv];
      return { name: basename(argv[0] ?? ''), argv: limited, environment, cwd: workDir };
    },
  };
}
