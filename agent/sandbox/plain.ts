import { basename } from 'node:path';
import type { SandboxLimits } from './limits.ts';
import type { Sandbox } from './sandbox.ts';
import { diesWithAgent, firstToDie, limited, type Wrappers } from './wrappers.ts';

/** No walls: resource limits by `prlimit` where it is there, else nothing but a scrubbed environment. */
export function plainSandbox(wrappers: Wrappers, limits: SandboxLimits): Sandbox {
  return {
    strength: wrappers.prlimit === undefined ? 'none' : 'limits',
    limits,
    total: 'process',
    release: async () => undefined,
    async wrap({ argv, workDir, environment }) {
      const before = [...firstToDie(wrappers), ...diesWithAgent(wrappers), ...limited(wrappers, limits)];
      return { name: basename(argv[0] ?? ''), argv: [...before, ...argv], environment, cwd: workDir };
    },
  };
}
