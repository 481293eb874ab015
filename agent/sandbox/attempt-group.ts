import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SandboxLimits } from './limits.ts';
import type { Sandbox } from './sandbox.ts';

/** Where the kernel shows its control groups, and which one this process is in. */
export interface GroupPlace {
  readonly root: string;
  /** Text of /proc/self/cgroup. */
  readonly own: string;
}

/** Writes its own number where it enters the group, then becomes the program: nothing of the command is text to it. */
const ENTER = ['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"'];

/** Of this process, on a machine with control groups of version 2. */
export async function ownPlace(): Promise<GroupPlace | undefined> {
  const own = await readFile('/proc/self/cgroup', 'utf8').catch(() => undefined);
  return own === undefined ? undefined : { root: '/sys/fs/cgroup', own };
}

/** The folder in which groups can be made that bound memory and processes; undefined: nobody gave this process one. */
export async function groupFolder({ root, own }: GroupPlace): Promise<string | undefined> {
  // `0::/user.slice/agent`: version 2 has one tree for everything.
  const path = /^0::(\/.*)$/m.exec(own)?.[1];
  if (path === undefined) return undefined;
  const mine = join(root, path);
  // A group with processes gives no bounds to groups within: an agent in a group of its own uses the one above.
  const candidates = path === '/' ? [mine] : [mine, dirname(mine)];
  for (const folder of candidates) {
    const given = await readFile(join(folder, 'cgroup.subtree_control'), 'utf8').catch(() => '');
    const controllers = given.trim().split(/\s+/);
    if (controllers.includes('memory') && controllers.includes('pids')) return folder;
  }
  return undefined;
}

/** Groups of one agent begin like this: other agents may make theirs beside them. */
function prefixOf(agentFolder: string): string {
  return `clipgrid-${createHash('sha256').update(agentFolder).digest('hex').slice(0, 12)}-`;
}

/** Removes what an agent that was killed left; no attempt of it runs now. A group with a process in it stays. */
export async function sweepGroups(folder: string, agentFolder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const ours = names.filter((name) => name.startsWith(prefixOf(agentFolder)));
  await Promise.all(ours.map((name) => removeGroup(join(folder, name))));
}

async function removeGroup(group: string): Promise<void> {
  // The next start of the agent tries again.
  await rmdir(group).catch(() => undefined);
}

async function makeGroup(group: string, limits: SandboxLimits): Promise<void> {
  await mkdir(group, { recursive: true });
  const bounds: Readonly<Record<string, string>> = {
    'memory.max': String(limits.memoryBytes),
    'memory.swap.max': '0',
    // One process that dies of it leaves the others nothing to do.
    'memory.oom.group': '1',
    'pids.max': String(limits.processes),
  };
  for (const [name, value] of Object.entries(bounds)) {
    const written = writeFile(join(group, name), value);
    // A kernel without swap accounting has no such file.
    await (name === 'memory.swap.max' ? written.catch(() => undefined) : written);
  }
}

/**
 * All programs of one attempt in one control group: its memory and processes are bounded together, not only each by itself.
 * `folder`: where groups can be made; `agentFolder`: the one that holds the work directories of this agent, and of no other.
 */
export function groupedSandbox(
  sandbox: Sandbox,
  { folder, agentFolder }: { folder: string; agentFolder: string },
): Sandbox {
  const groupOf = (workDir: string): string => join(folder, `${prefixOf(agentFolder)}${basename(workDir)}`);
  return {
    ...sandbox,
    total: 'attempt',
    async wrap(request) {
      const command = await sandbox.wrap(request);
      const group = groupOf(request.workDir);
      await makeGroup(group, sandbox.limits);
      return { ...command, argv: [...ENTER, join(group, 'cgroup.procs'), ...command.argv] };
    },
    async release(workDir) {
      await sandbox.release(workDir);
      await removeGroup(groupOf(workDir));
    },
  };
}
