import type { Clock } from '../../shared/clock.ts';
import type { Artifact as AnnouncedArtifact } from '../../shared/gen/clipgrid/v1/artifact.ts';
import type {
  CommitResult,
  PartComplete,
  TaskComplete,
  UploadGrant,
  UploadRequest,
} from '../../shared/gen/clipgrid/v1/lease.ts';
import type { EncodeResult } from '../../shared/gen/clipgrid/v1/task.ts';
import { assert, GridError, toGridError } from '../../shared/errors.ts';
import { fewAtOnce } from '../../shared/few-at-once.ts';
import { inSpan, spanIds, type Span, type Tracer } from '../../shared/trace.ts';
import type { Logger } from '../../shared/logger.ts';
import { checkFence } from '../domain/fence.ts';
import { closeTask } from '../domain/package-plan.ts';
import { artifactKey, incomingKey } from '../domain/object-keys.ts';
import { roleOf } from '../domain/task-kinds.ts';
import type { Artifact, Fence, TaskOutput } from '../domain/task.ts';
import type { ObjectRef, ObjectStore } from '../objects/object-store.ts';
import type { CommitOutcome, Completion, LeaseStore, StageRules } from '../store/lease-store.ts';
import { Batcher } from './batcher.ts';
import { leaseFields } from './lease-fields.ts';
import { checkAnnounced, checkBrought, MAX_UPLOAD_RIGHTS } from './brought-artifacts.ts';
import { checkedResult } from './brought-result.ts';
import type { IndexPlanner } from './index-planner.ts';
import { heldLease, type HeldLease, type LocalSession } from './session-registry.ts';
import type { GridObserver } from './observer.ts';
import type { Platform } from './platform.ts';
import type { GridSettings } from './settings.ts';

export interface CommitterDeps {
  readonly leases: LeaseStore;
  readonly objects: ObjectStore;
  readonly planner: IndexPlanner;
  readonly settings: GridSettings;
  readonly logger: Logger;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly tracer: Tracer;
  readonly observer: GridObserver;
  newTaskId(): string;
  /** After a commit: the job may have gone on to its next stage. */
  onCommitted(jobId: string): void;
}

/** Between two rounds of commits. */
const APART_MS = 10;

/** Objects of one completion that are signed, checked or copied at once: a task may bring thousands of files (L9). */
const AT_ONCE = 8;

/** Takes in what agents produced: an upload right for announced bytes, then the commit that publishes them. */
export class Committer {
  readonly #deps: CommitterDeps;
  readonly #commits: Batcher<Completion, CommitOutcome>;

  constructor(deps: CommitterDeps) {
    this.#deps = deps;
    const rules: StageRules = { merge: closeTask, newTaskId: () => deps.newTaskId() };
    const { clock, platform } = deps;
    const limits = { batch: 200, waiting: 20_000, apartMs: APART_MS, clock, nextTurn: platform.nextTurn };
    this.#commits = new Batcher(limits, (items) => deps.leases.commit(items, rules));
  }

  /** Keeps a finished part of a clip (L2, L3, L6, L11 as for a whole task). */
  async savePart(session: LocalSession, message: PartComplete): Promise<CommitResult> {
    const fence = checkFence(message.fence);
    try {
      const lease = await this.#lease(session, fence);
      const { result, artifact, startFrame, endFrame } = checkPart(lease, message);
      const published = await this.#publish(fence, lease.jobId, artifact);
      const part = { startFrame, endFrame, epoch: fence.epoch, artifact: published, result };
      if (!(await this.#deps.leases.savePart(fence, part)))
        throw new GridError('stale_lease', 'the lease is not the current one, or the part not the next one');
      this.#discard([this.#incoming(fence, artifact)]);
      return { fence, committed: true, error: '', retryable: false };
    } catch (thrown) {
      return this.#refused(session, fence, thrown);
    }
  }

  /** Signs one create-only PUT an artifact, under a key that holds epoch, lease and content (L6). */
  async grantUpload(session: LocalSession, request: UploadRequest): Promise<UploadGrant> {
    const fence = checkFence(request.fence);
    try {
      const lease = await this.#lease(session, fence);
      checkAnnounced(lease.kind, request.artifacts);
      if (request.artifacts.length > MAX_UPLOAD_RIGHTS) {
        const message = `at most ${MAX_UPLOAD_RIGHTS} upload rights are given at once, not ${request.artifacts.length}`;
        throw new GridError('invalid_argument', message);
      }
      const targets = await fewAtOnce(request.artifacts, AT_ONCE, async (artifact) => {
        const { url, headers } = await this.#deps.objects.signPut(this.#incoming(fence, artifact), {
          expiresS: this.#deps.settings.urlExpiryS,
          audience: 'internal',
          createOnly: true,
          sizeBytes: artifact.sizeBytes,
          md5: artifact.md5,
          sha256: artifact.sha256,
          contentType: 'application/octet-stream',
        });
        return { name: artifact.name, url, headers: { ...headers } };
      });
      return { fence, targets, error: '', retryable: false };
    } catch (thrown) {
      const error = toGridError(thrown);
      return { fence, targets: [], error: `${error.code}: ${error.message}`, retryable: error.retryable };
    }
  }

  /**
   * L2, L3, L11: decided by the database; the bytes are checked and published before it names them. The lease stays in
   * `session.committing` until whoever sends the answer takes it out.
   */
  async complete(session: LocalSession, message: TaskComplete): Promise<CommitResult> {
    const fence = checkFence(message.fence);
    const ids = { task: fence.taskId, lease: fence.leaseId, agent: session.agentId };
    const span = this.#deps.tracer.start('commit', message.traceparent ?? '', spanIds(ids));
    try {
      const lease = await this.#lease(session, fence);
      span.set({ 'clipgrid.job.id': lease.jobId, 'clipgrid.task.kind': lease.kind });
      checkBrought(lease.kind, message.artifacts);
      const result = checkedResult(lease.kind, message.result, message.artifacts);
      if (result.kind?.$case === 'encode') checkWhole(lease, result.kind.value);
      const artifacts = await this.#publishAll(fence, lease.jobId, message.artifacts);
      const output = { artifacts, result };
      const planned = roleOf(lease.kind) === 'first' ? await this.#plan(span, fence, output) : {};
      const logTail = message.logTail.replaceAll('\0', '');
      session.committing.add(fence.leaseId);
      const { agentId } = session;
      const outcome = await this.#commits.add({ fence, agentId, output, logTail, ...planned });
      if (!outcome.committed) throw new GridError('stale_lease', 'the lease is not the current one any more');
      this.#discard(message.artifacts.map((one) => this.#incoming(fence, one)));
      if (outcome.jobId) this.#deps.onCommitted(outcome.jobId);
      this.#committed(lease, output, agentId);
      return { fence, committed: true, error: '', retryable: false };
    } catch (thrown) {
      span.fail(toGridError(thrown).message);
      return this.#refused(session, fence, thrown);
    } finally {
      span.end();
    }
  }

  #committed(lease: HeldLease, { artifacts, result }: TaskOutput, agentId: string): void {
    const { clock, logger, observer } = this.#deps;
    const { kind, sinceMs, fence } = lease;
    const encoded = result.kind?.$case === 'encode' ? result.kind.value : undefined;
    observer.ended({
      kind,
      outcome: 'committed',
      // One that was granted by another process.
      seconds: sinceMs > 0 ? (clock.monotonicMs() - sinceMs) / 1000 : undefined,
      outputBytes: artifacts.reduce((sum, artifact) => sum + artifact.sizeBytes, 0),
      ...(encoded ? { fetchedBytes: Math.max(0, encoded.fetchedBytes) } : {}),
      ...(encoded && encoded.encodeSeconds > 0 ? { fps: encoded.frameCount / encoded.encodeSeconds } : {}),
    });
    logger.info({ ...leaseFields(fence, { ...lease, agentId }), kind }, 'task committed');
  }

  #plan(parent: Span, fence: Fence, output: TaskOutput): ReturnType<IndexPlanner['plan']> {
    const { planner, tracer } = this.#deps;
    return inSpan(tracer.start('plan', parent.traceparent, spanIds({ task: fence.taskId })), async (span) => {
      const planned = await planner.plan(fence, output);
      if ('plan' in planned) span.set({ 'clipgrid.plan.tasks': planned.plan.tasks.length });
      else span.fail(planned.planFailure.message);
      return planned;
    });
  }

  #refused(session: LocalSession, fence: Fence, thrown: unknown): CommitResult {
    const { code, message, retryable } = toGridError(thrown);
    const held = session.held.get(fence.taskId);
    const about = leaseFields(fence, { ...held, agentId: session.agentId });
    if (held && !retryable) this.#deps.observer.ended({ kind: held.kind, outcome: 'refused' });
    this.#deps.logger.info({ ...about, code, error: message }, 'what a task brought was refused');
    return { fence, committed: false, error: `${code}: ${message}`, retryable };
  }

  /** Nobody waits for it: what stays behind is found with the orphans of lost leases. */
  #discard(refs: readonly ObjectRef[]): void {
    this.#deps.objects
      .remove(refs)
      .catch((error: unknown) => this.#deps.logger.info({ error: String(error) }, 'an upload stays behind'));
  }

  /** From memory, or after a reconnect from the database. */
  async #lease(session: LocalSession, fence: Fence): Promise<HeldLease> {
    const held = session.held.get(fence.taskId);
    if (held && held.fence.epoch === fence.epoch && held.fence.leaseId === fence.leaseId) return held;
    const context = await this.#deps.leases.context(fence);
    // Whose a lease is never changes: a fence that another agent got hold of is as good as none.
    if (context?.agentId !== session.agentId)
      throw new GridError('stale_lease', 'the lease is not the current one any more');
    return heldLease(fence, context, { sinceMs: 0 });
  }

  #incoming(fence: Fence, artifact: AnnouncedArtifact): ObjectRef {
    const { taskId, epoch, leaseId } = fence;
    const key = incomingKey({ taskId, epoch, leaseId, sha256: artifact.sha256 });
    return { bucket: this.#deps.settings.bucket, key };
  }

  /** Files of the same bytes are one object: one upload, published once. */
  async #publishAll(
    fence: Fence,
    jobId: string,
    announced: readonly AnnouncedArtifact[],
  ): Promise<Artifact[]> {
    const objects = new Map(announced.map((one) => [`${one.sha256} ${one.md5} ${one.sizeBytes}`, one]));
    const published = await fewAtOnce([...objects.values()], AT_ONCE, (one) =>
      this.#publish(fence, jobId, one),
    );
    const bySha256 = new Map(published.map((one) => [one.sha256, one]));
    return announced.map((one) => {
      const object = bySha256.get(one.sha256);
      assert(object !== undefined, 'every announced artifact is published');
      return { ...object, name: one.name };
    });
  }

  /** Checks the uploaded bytes and copies them to a key that was never signed for writing. */
  async #publish(fence: Fence, jobId: string, announced: AnnouncedArtifact): Promise<Artifact> {
    const { objects, settings } = this.#deps;
    const from = this.#incoming(fence, announced);
    const { taskId, epoch } = fence;
    const key = artifactKey({ jobId, taskId, epoch, sha256: announced.sha256 });
    const to = { bucket: settings.bucket, key };
    const stat = await objects.stat(from);
    // Said twice (L3): the upload was published and cleaned away the first time.
    const found = stat ?? (await objects.stat(to));
    if (found === undefined) {
      throw new GridError('failed_precondition', `the artifact ${announced.name} has not been uploaded`, {
        retryable: true,
      });
    }
    const wrong =
      found.sizeBytes !== announced.sizeBytes ||
      (found.sha256 !== undefined && found.sha256 !== announced.sha256) ||
      (found.md5 !== undefined && found.md5 !== announced.md5);
    if (wrong)
      throw new GridError('digest_mismatch', `the artifact ${announced.name} is not what was announced`);
    if (stat !== undefined) await objects.copy(from, to);
    const { name, sha256, sizeBytes } = announced;
    return { name, bucket: to.bucket, key: to.key, sha256, sizeBytes };
  }
}

/** M3: what parts hold, and the segment behind them, are all frames of the clip. */
function checkWhole(lease: HeldLease, { inputFrames, resumedFrames }: EncodeResult): void {
  if (resumedFrames + inputFrames === lease.inputFrames) return;
  const parts = resumedFrames > 0 ? `, and parts hold ${resumedFrames}` : '';
  const message = `the clip has ${lease.inputFrames} frames, the agent encoded ${inputFrames}${parts}`;
  throw new GridError('frames_missing', message);
}

/** M3 for a part: as many frames as it says, and the clip goes on behind it. */
function checkPart(lease: HeldLease, { artifact, frames, result }: PartComplete) {
  if (lease.kind !== 'encode' || !artifact || !frames || !result)
    throw new GridError('invalid_argument', 'a part of a clip brings an artifact, its frames and its result');
  checkBrought('encode', [artifact]);
  const { startFrame, endFrame } = frames;
  const count = endFrame - startFrame;
  if (count <= 0 || endFrame >= lease.inputFrames)
    throw new GridError('invalid_argument', `[${startFrame}, ${endFrame}) is no part of the clip`);
  if (result.frameCount !== count || result.inputFrames !== count)
    throw new GridError('frames_missing', `a part of ${count} frames has ${result.frameCount}`);
  return { artifact, result, startFrame, endFrame };
}
