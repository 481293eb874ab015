import { chown } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { GpuDevices } from './devices.ts';
import type { SandboxLimits } from './limits.ts';
import type { Sandbox, SandboxRequest } from './sandbox.ts';
import { firstToDie, limited, type Wrappers } from './wrappers.ts';

/** How the program loses the rights of the agent's account. */
export type Descent =
  /** By a user namespace of its own, in which it keeps the agent's number and nothing else; `final`: it can make no more. */
  | { readonly kind: 'user_namespace'; readonly final: boolean }
  /** By another account, which only root can give. The kernel counts no processes of root, but those of any other account. */
  | { readonly kind: 'other_account'; readonly setpriv: string };

export interface NamespaceParts {
  readonly bwrap: string;
  readonly wrappers: Wrappers;
  readonly descent: Descent;
  readonly limits: SandboxLimits;
  readonly devices: GpuDevices;
  /** Folders that stay unseen even where a readable one holds them: the agent's own. */
  readonly hidden: readonly string[];
}

/** Programs, libraries and what they look up; nothing that tells of people. */
const SYSTEM_PATHS = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib64',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf.d',
  '/etc/alternatives',
  '/etc/fonts',
  '/sys/devices/system/cpu',
  '/sys/devices/system/node',
];
/** Drivers find their card through these. */
const GPU_PATHS = [
  '/etc/OpenCL',
  '/etc/vulkan',
  '/etc/glvnd',
  '/etc/nvidia',
  '/opt/rocm',
  '/opt/amdgpu',
  '/opt/intel',
  '/sys/dev',
  '/sys/devices',
  '/sys/class',
];

/** Numbers that systemd keeps for accounts of one service each: nobody else has them. */
const FIRST_ACCOUNT = 61_184;
const ACCOUNTS = 4_000;

/** Attempts at the same time have different accounts, so that one's processes are not counted to the other. */
export function accountOf(workDir: string): number {
  let hash = 0;
  for (const byte of Buffer.from(workDir)) hash = (hash * 31 + byte) % 65_521;
  return FIRST_ACCOUNT + (hash % ACCOUNTS);
}

function walls({ descent }: NamespaceParts): string[] {
  const apart = ['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'];
  const bound = ['--die-with-parent', '--new-session', '--cap-drop', 'ALL'];
  if (descent.kind === 'user_namespace')
    return ['--unshare-user', ...(descent.final ? ['--disable-userns'] : []), ...apart, ...bound];
  // To change the account, and to enter its private folder before; the change takes all of them away.
  const kept = ['CAP_SETUID', 'CAP_SETGID', 'CAP_DAC_READ_SEARCH'];
  return [...apart, ...bound, ...kept.flatMap((capability) => ['--cap-add', capability])];
}

/** A program somewhere else than its kind: only the file itself is shown. */
function strayProgram(program: string, seen: readonly string[]): string[] {
  return seen.some((path) => program.startsWith(`${path}/`)) ? [] : [program];
}

/** Folders above the paths as anybody may pass them: bubblewrap makes those above a private folder, or a file, private. */
function passable(paths: readonly string[]): string[] {
  const above = new Set<string>();
  for (const path of paths)
    for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) above.add(folder);
  return [...above].toSorted().flatMap((folder) => ['--perms', '0711', '--dir', folder]);
}

function fileSystem(parts: NamespaceParts, { argv, workDir, readOnlyPaths }: SandboxRequest): string[] {
  const { devices, hidden, limits } = parts;
  const size = ['--size', String(limits.tmpBytes)];
  const folders = [...SYSTEM_PATHS, ...(devices.paths.length > 0 ? GPU_PATHS : []), ...readOnlyPaths];
  const seen = [...folders, ...strayProgram(argv[0] ?? '', folders)];
  const mounts: readonly (readonly string[])[] = [
    ['--proc', '/proc', '--dev', '/dev'],
    ...devices.paths.map((path) => ['--dev-bind-try', path, path]),
    [...size, '--perms', '1777', '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    [...size, '--perms', '1777', '--tmpfs', '/tmp'],
    passable(seen.filter((path) => !path.startsWith('/usr/'))),
    ...seen.map((path) => ['--ro-bind-try', path, path]),
    ...hidden.map((path) => ['--size', '4096', '--perms', '0711', '--tmpfs', path]),
    passable([workDir]),
    ['--bind', workDir, workDir, '--chdir', workDir],
    // What holds the mounts is a file system in memory, too: nobody shall fill it.
    ...hidden.map((path) => ['--remount-ro', path]),
    ['--remount-ro', '/'],
  ];
  return mounts.flat();
}

function otherAccount({ descent, devices }: NamespaceParts, workDir: string): string[] {
  if (descent.kind === 'user_namespace') return [];
  const account = accountOf(workDir);
  const groups = devices.groups.length > 0 ? ['--groups', devices.groups.join(',')] : ['--clear-groups'];
  return [
    descent.setpriv,
    '--reuid',
    String(account),
    '--regid',
    String(account),
    ...groups,
    '--inh-caps=-all',
    '--',
  ];
}

/**
 * bubblewrap: no network, own process ids, no capabilities, a read-only system, and nothing of the machine's files but
 * programs and the work directory. All processes end with the first, and with the agent. Options: bwrap(1).
 */
export function bubblewrapSandbox(parts: NamespaceParts): Sandbox {
  const { bwrap, descent, wrappers, limits } = parts;
  return {
    strength: 'namespaces',
    limits,
    total: 'process',
    release: async () => undefined,
    async wrap(request) {
      const { argv, workDir, environment } = request;
      if (descent.kind === 'other_account') await chown(workDir, accountOf(workDir), accountOf(workDir));
      const inside = [...otherAccount(parts, workDir), ...limited(wrappers, limits), ...argv];
      const walled = [bwrap, ...walls(parts), ...fileSystem(parts, request), '--', ...inside];
      return {
        name: basename(argv[0] ?? ''),
        argv: [...firstToDie(wrappers), ...walled],
        environment: { USER: 'clipgrid', LOGNAME: 'clipgrid', ...environment },
        cwd: workDir,
      };
    },
  };
}
