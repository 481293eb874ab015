import { backoffMs } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import { GridError, toGridError, type ErrorCode } from '../shared/errors.ts';
import type { LeaseGrant } from '../shared/gen/clipgrid/v1/lease.ts';
import type { TaskSpec } from '../shared/gen/clipgrid/v1/task.ts';
import type { IdSource } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import { scrubLine } from '../shared/scrub.ts';
import { traceFields, type Tracer } from '../shared/trace.ts';
import type { Capabilities } from './capabilities.ts';
import { COMMIT_BACKOFF, deliver, savePart } from './deliver.ts';
import { asDiskFull, freeBytes } from './disk-full.ts';
import type { WorkClocks } from './guest/work-clocks.ts';
import type { HeldLease, LeaseHolder } from './lease-holder.ts';
import type { Link } from './link.ts';
import type { SourceAccess } from './media/source-access.ts';
import type { RateLimit } from './rate-limit.ts';
import { withWorkQuota } from './sandbox/work-quota.ts';
import { runAudioTask } from './runners/audio-task.ts';
import { runClipTask } from './runners/clip-task.ts';
import { runEncodeTask } from './runners/encode-task.ts';
import { runIndexTask } from './runners/index-task.ts';
import { runMediaTask } from './runners/media-task.ts';
import { runMergeTask } from './runners/merge-task.ts';
import { runPackageTask } from './runners/package-task.ts';
import { runPreviewTask } from './runners/preview-task.ts';
import { runProbeTask } from './runners/probe-task.ts';
import type { RunnerContext, RunnerOutput, SharedWork } from './runners/runner.ts';
import { TaskTrace } from './task-trace.ts';
import { OutputSender } from './output-sender.ts';
import { TaskOutput } from './task-output.ts';
import type { Workspace } from './workspace.ts';

export interface TaskRunnerDeps {
  readonly capabilities: Capabilities;
  readonly source: SourceAccess;
  readonly workspace: Workspace;
  readonly holder: LeaseHolder;
  readonly link: Link;
  readonly workClocks: WorkClocks;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly uploadLimit?: RateLimit | undefined;
  /** Every task, not only those that run programs of users, stays within its share of the disk. */
  readonly limitsDisk: boolean;
  /** Processors for each slot; may be a fraction. */
  readonly slotCores: number;
  readonly logger: Logger;
  readonly tracer: Tracer;
  readonly agentId: string;
}

/** No other agent would do better with the same input. */
const INPUT_AT_FAULT: ReadonlySet<ErrorCode> = new Set([
  'source_unreadable',
  'source_missing',
  'segment_mismatch',
]);
/** As much as the coordinator keeps. */
const MAX_MESSAGE_CHARS = 2_000;
const MAX_TAIL_CHARS = 8 * 1024;

async function runKind(spec: TaskSpec | undefined, context: RunnerContext): Promise<RunnerOutput> {
  const kind = spec?.kind;
  switch (kind?.$case) {
    case 'index':
      return runIndexTask(kind.value, context);
    case 'encode':
      return runEncodeTask(kind.value, context);
    case 'audio':
      return runAudioTask(kind.value, context);
    case 'merge':
      return runMergeTask(kind.value, context);
    case 'clip':
      return runClipTask(kind.value, context);
    case 'package':
      return runPackageTask(kind.value, context);
    case 'probe':
      return runProbeTask(kind.value, context);
    case 'preview':
      return runPreviewTask(kind.value, context);
    case 'media':
      return runMediaTask(kind.value, context);
    case undefined:
      throw new GridError('unsupported', 'this agent does not know the kind of the task: update it');
  }
}

/** A lease, and what it is for. */
export interface Leased {
  readonly grant: LeaseGrant;
  readonly lease: HeldLease;
}

/** Where the work is that several leases have in common. */
export interface Together {
  /** Absolute path. */
  readonly workDir: string;
  /** One of them begins. `print`: where it wants to have what tools print that work for all. */
  join(print: RunnerContext['toolOutput']): SharedWork;
}

/** Does one leased task from its grant to its commit. Never throws: what goes wrong is told to the coordinator. */
export async function runTask(
  deps: TaskRunnerDeps,
  { grant, lease }: Leased,
  together?: Together,
): Promise<void> {
  const { holder, workspace } = deps;
  const { fence } = lease;
  const logger = deps.logger.child({
    job: grant.jobId,
    task: fence.taskId,
    lease: fence.leaseId,
    epoch: fence.epoch,
    ...traceFields(grant.traceparent),
  });
  const traced = new TaskTrace(deps.tracer, grant, deps.agentId);
  const workDir = workspace.pathOf(fence.leaseId);
  const printed = new TaskOutput(deps.clock, workDir);
  const sender = new OutputSender(deps, fence, printed);
  const privatePaths = [workDir, ...(together ? [together.workDir] : [])];
  const attempt = { lease, workDir, privatePaths, printed, sender, logger, traced };
  lease.follow = (forMs, again) => sender.follow(forMs, again);
  const work = deps.workClocks.open(lease.abort.signal);
  let created = false;
  try {
    await workspace.create(fence.leaseId);
    created = true;
    const shared = together?.join((line, passing) => printed.add(line, passing));
    const context = { ...contextOf(deps, attempt), clock: work.clock, ...(shared ? { shared } : {}) };
    const output = deps.limitsDisk
      ? await withWorkQuota(context, (limited) => runKind(grant.spec, limited))
      : await runKind(grant.spec, context);
    sender.finish();
    const logTail = printed.tail(MAX_TAIL_CHARS);
    await deliver(deps, { lease, output, logTail, step: (name) => traced.phase(name) });
    logger.info({}, 'task committed');
  } catch (thrown) {
    const toolOutput = printed.tail(MAX_TAIL_CHARS);
    const circumstances = { toolOutput, freeBytes: await freeBytes(workspace.root) };
    await tellFailure(deps, attempt, asDiskFull(toGridError(thrown), circumstances));
  } finally {
    traced.end();
    sender.close();
    work.close();
    if (created) await removeWorkDir(deps, workDir, logger);
    holder.drop(fence);
  }
}

/** An attempt's directory has served. */
export async function removeWorkDir(
  { capabilities, workspace }: TaskRunnerDeps,
  workDir: string,
  logger: Logger,
): Promise<void> {
  await capabilities.sandbox.release(workDir);
  await workspace
    .remove(workDir)
    .catch((error: unknown) => logger.warn({ error: String(error) }, 'cannot clean'));
}

interface Attempt {
  readonly lease: HeldLease;
  readonly workDir: string;
  /** Where this machine keeps its work, which is nobody's business. */
  readonly privatePaths: readonly string[];
  readonly printed: TaskOutput;
  readonly sender: OutputSender;
  readonly logger: Logger;
  readonly traced: TaskTrace;
}

function contextOf(
  deps: TaskRunnerDeps,
  { lease, workDir, printed, logger, traced }: Attempt,
): RunnerContext {
  return {
    workDir,
    signal: lease.abort.signal,
    slotCores: deps.slotCores,
    tools: deps.capabilities.tools,
    sandbox: deps.capabilities.sandbox,
    source: deps.source,
    clock: deps.clock,
    logger,
    progress(progress) {
      lease.progress = progress;
      traced.phase(progress.phase);
    },
    savePart: (part) => savePart(deps, lease, part),
    toolOutput: (line, passing) => printed.add(line, passing),
    onTool: (name) => traced.tool(name),
  };
}

async function tellFailure(
  { link, holder, clock, ids }: TaskRunnerDeps,
  { lease, printed, sender, logger, privatePaths, traced }: Attempt,
  error: GridError,
): Promise<void> {
  const { fence } = lease;
  traced.fail(error.message);
  logger.warn({ code: error.code, error: error.message }, 'task not done');
  if (lease.abort.signal.aborted || error.code === 'lost_lease') return holder.drop(fence);
  const ownLog = error.details['log'];
  const log = typeof ownLog === 'string' && ownLog !== '' ? ownLog : printed.tail(MAX_TAIL_CHARS);
  sender.finish();
  const clean = (text: string): string => {
    const own = privatePaths.reduce((left, path) => left.replaceAll(`${path}/`, ''), text);
    return own.split('\n').map(scrubLine).join('\n');
  };
  const value = {
    fence,
    code: error.code,
    message: clean(error.message).slice(0, MAX_MESSAGE_CHARS),
    logTail: clean(log).slice(-MAX_TAIL_CHARS),
    inputAtFault: INPUT_AT_FAULT.has(error.code) || error.details['inputAtFault'] === true,
  };
  try {
    for (let attempt = 0; ; attempt++) {
      const answer = await link.askCommit({ $case: 'failed', value }, lease.abort.signal);
      if (answer.committed || !answer.retryable) return;
      await clock.sleep(
        backoffMs(attempt, COMMIT_BACKOFF, () => ids.random()),
        lease.abort.signal,
      );
    }
  } catch {
    // The lease was lost meanwhile: the coordinator knows of the failure by its expiry.
  }
}
