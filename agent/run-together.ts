import { commonWork } from '../shared/common-work.ts';
import { GridError } from '../shared/errors.ts';
import { allAborted, Companions } from './companions.ts';
import type { RunnerContext } from './runners/runner.ts';
import { removeWorkDir, runTask, type Leased, type TaskRunnerDeps } from './task-runner.ts';

/**
 * Does leased tasks of one slot, which begin with the same work: that is done once, in a directory of its own, and each goes its
 * own way from there. What does not begin as the first does is done by itself.
 */
export async function runTogether(deps: TaskRunnerDeps, leases: readonly Leased[]): Promise<void> {
  const common = leases[0] && commonOf(leases[0]);
  const alike = leases.filter((one) => common !== undefined && commonOf(one)?.equals(common));
  if (alike.length < 2) return void (await Promise.all(leases.map((one) => runTask(deps, one))));
  const others = leases.filter((one) => !alike.includes(one));
  await Promise.all([runAlike(deps, alike), ...others.map((one) => runTask(deps, one))]);
}

function commonOf({ grant }: Leased): Buffer | undefined {
  const bytes = grant.spec && commonWork(grant.spec);
  return bytes && Buffer.from(bytes);
}

async function runAlike(deps: TaskRunnerDeps, leases: readonly Leased[]): Promise<void> {
  const { workClocks, workspace, logger } = deps;
  const signal = allAborted(leases.map(({ lease }) => lease.abort.signal));
  const { clock, close } = workClocks.open(signal);
  const name = `${leases[0]?.lease.fence.leaseId}.common`;
  const workDir = workspace.pathOf(name);
  const printers: RunnerContext['toolOutput'][] = [];
  const companions = new Companions(leases.length, async () => {
    await workspace.create(name);
    return commonContext(deps, { leases, workDir, printers, signal, clock });
  });
  const work = leases.map(async (leased) => {
    const shared = companions.member();
    try {
      await runTask(deps, leased, {
        workDir,
        join(print) {
          printers.push(print);
          return shared;
        },
      });
    } finally {
      shared.leave();
    }
  });
  await Promise.all(work);
  await companions.ended();
  close();
  await removeWorkDir(deps, workDir, logger);
}

interface Common extends Pick<RunnerContext, 'workDir' | 'signal' | 'clock'> {
  readonly leases: readonly Leased[];
  /** Of the members that have begun. */
  readonly printers: readonly RunnerContext['toolOutput'][];
}

function commonContext(
  { capabilities, source, slotCores, logger }: TaskRunnerDeps,
  { leases, workDir, printers, signal, clock }: Common,
): RunnerContext {
  const { tools, sandbox } = capabilities;
  return {
    workDir,
    signal,
    clock,
    slotCores,
    tools,
    sandbox,
    source,
    logger,
    progress(progress) {
      for (const { lease } of leases) lease.progress = progress;
    },
    savePart: () => Promise.reject(new GridError('internal', 'a part belongs to one lease')),
    // What several jobs share is in none of their traces.
    onTool: () => () => undefined,
    toolOutput(line, passing) {
      for (const print of printers) print(line.replaceAll(`${workDir}/`, ''), passing);
    },
  };
}
