import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { toGridError } from '../../shared/errors.ts';
import { findProgram } from '../find-program.ts';
import { removeTree } from '../remove-tree.ts';
import { runTool } from '../subprocess.ts';
import { groupedSandbox, groupFolder, sweepGroups, type GroupPlace } from './attempt-group.ts';
import { findGpuDevices } from './devices.ts';
import type { SandboxLimits } from './limits.ts';
import { bubblewrapSandbox, type Descent } from './namespaces.ts';
import { plainSandbox } from './plain.ts';
import type { Sandbox } from './sandbox.ts';
import type { Wrappers } from './wrappers.ts';

export interface SandboxProbe {
  readonly searchPath: string;
  /** An existing directory to try it in. */
  readonly workDir: string;
  /** Folders that no sandboxed program may see: the agent's own, with its key. */
  readonly hidden: readonly string[];
  readonly limits: SandboxLimits;
  readonly clock: Clock;
  /** Where a control group for each attempt may be made; undefined: nowhere. */
  readonly groups: GroupPlace | undefined;
}

/** The strongest sandbox that really ran a program here, and what it does not hold back, in words. */
export interface ProbedSandbox {
  readonly sandbox: Sandbox;
  readonly lacks: readonly string[];
}

const PROOF_LIMIT_MS = 10_000;
const SHELL = '/bin/sh';
const OPEN = 'scripts and encoders can read what the agent can read, and use the network';

type Make = (limits: SandboxLimits) => Sandbox;

/** Why `script` failed in a fresh folder in the sandbox; undefined when it did not. */
async function problemOf(probe: SandboxProbe, sandbox: Sandbox, script: string): Promise<string | undefined> {
  const workDir = await mkdtemp(join(probe.workDir, 'sandbox-'));
  try {
    const argv = [SHELL, '-c', script];
    const command = await sandbox.wrap({ argv, workDir, environment: {}, readOnlyPaths: [] });
    await runTool(command, { signal: AbortSignal.timeout(PROOF_LIMIT_MS), clock: probe.clock });
    return undefined;
  } catch (thrown) {
    return toGridError(thrown).message;
  } finally {
    await sandbox.release(workDir);
    await removeTree(workDir, probe.clock);
  }
}

/** Of the small programs those that work here: a container may forbid what they ask of the kernel. */
async function provedWrappers(probe: SandboxProbe): Promise<Wrappers> {
  const none: Wrappers = { prlimit: undefined, setpriv: undefined, choom: undefined };
  const proved = async (name: keyof Wrappers): Promise<string | undefined> => {
    const path = await findProgram(name, probe.searchPath);
    if (path === undefined) return undefined;
    const only = plainSandbox({ ...none, [name]: path }, probe.limits);
    return (await problemOf(probe, only, 'exit 0')) === undefined ? path : undefined;
  };
  return {
    prlimit: await proved('prlimit'),
    setpriv: await proved('setpriv'),
    choom: await proved('choom'),
  };
}

/** From the strongest on. */
function descents({ setpriv }: Wrappers): Descent[] {
  const asRoot: Descent[] =
    process.getuid?.() === 0 && setpriv !== undefined ? [{ kind: 'other_account', setpriv }] : [];
  return [...asRoot, { kind: 'user_namespace', final: true }, { kind: 'user_namespace', final: false }];
}

async function provedWalls(probe: SandboxProbe, wrappers: Wrappers): Promise<Make | string> {
  const bwrap = await findProgram('bwrap', probe.searchPath);
  if (bwrap === undefined)
    return `bubblewrap is missing: ${OPEN}. Install it (Debian: apt-get install bubblewrap), or run npm run setup.`;
  const devices = await findGpuDevices();
  const { hidden } = probe;
  let problem = '';
  for (const descent of descents(wrappers)) {
    const make: Make = (limits) => bubblewrapSandbox({ bwrap, wrappers, descent, limits, devices, hidden });
    const failed = await problemOf(probe, make(probe.limits), 'echo proof > proof');
    if (failed === undefined) return make;
    problem ||= failed;
  }
  return `bubblewrap cannot build its walls here (${problem}): ${OPEN}. Allow user namespaces on this machine or in this container.`;
}

/** The same with a control group for each attempt, where one could be made and a program ran in it. */
async function provedGroups(probe: SandboxProbe, sandbox: Sandbox): Promise<Sandbox> {
  const folder = probe.groups && (await groupFolder(probe.groups));
  if (folder === undefined) return sandbox;
  await sweepGroups(folder, probe.workDir);
  const grouped = groupedSandbox(sandbox, { folder, agentFolder: probe.workDir });
  return (await problemOf(probe, grouped, 'exit 0')) === undefined ? grouped : sandbox;
}

const NO_PRLIMIT =
  'prlimit does not work here: memory, processes and files of scripts and encoders have no bounds. Install util-linux.';
const UNCOUNTED =
  'a script may start processes without end here: the kernel does not count those of root. Run the agent under an account of its own.';

/** The strongest sandbox that really runs a program here, found by running one. */
export async function probeSandbox(probe: SandboxProbe): Promise<ProbedSandbox> {
  const wrappers = await provedWrappers(probe);
  const walls = await provedWalls(probe, wrappers);
  const make: Make = typeof walls === 'string' ? (limits) => plainSandbox(wrappers, limits) : walls;
  const lacks = typeof walls === 'string' ? [walls] : [];
  if (wrappers.prlimit === undefined) lacks.push(NO_PRLIMIT);
  else {
    const alone = make({ ...probe.limits, processes: 1 });
    // A shell that may have one process cannot start another one.
    if ((await problemOf(probe, alone, '/bin/true; exit 0')) === undefined) lacks.push(UNCOUNTED);
  }
  return { sandbox: await provedGroups(probe, make(probe.limits)), lacks };
}
