import { basename } from 'node:path';
import type { Sandbox } from './sandbox.ts';

/**
 * bubblewrap: no network, own process ids, a read-only system, and nothing of the machine's files but the system's and the
 * work directory. Options: bwrap(1).
 */
export function bubblewrapSandbox(bwrap: string, systemPaths: readonly string[]): Sandbox {
  return {
    strength: 'namespaces',
    wrap({ argv, workDir, environment, readOnlyPaths }) {
      const readable = [...systemPaths, ...readOnlyPaths].flatMap((path) => ['--ro-bind-try', path, path]);
      const walls = [
        '--unshare-all',
        '--die-with-parent',
        '--new-session',
        '--proc',
        '/proc',
        '--dev',
        '/dev',
      ];
      const own = ['--tmpfs', '/tmp', '--bind', workDir, workDir, '--chdir', workDir];
      const walled = [bwrap, ...walls, ...readable, ...own, '--', ...argv];
      return { name: basename(argv[0] ?? ''), argv: walled, environment, cwd: workDir };
    },
  };
}
