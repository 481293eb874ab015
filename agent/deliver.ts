import { backoffMs } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import { fewAtOnce } from '../shared/few-at-once.ts';
import type { IdSource } from '../shared/ids.ts';
import type { HeldLease } from './lease-holder.ts';
import type { Link } from './link.ts';
import type { RateLimit } from './rate-limit.ts';
import { refusal } from './refusal.ts';
import type { FinishedPart, RunnerArtifact, RunnerOutput } from './runners/runner.ts';
import { describeArtifact, uploadArtifact } from './upload.ts';

export interface DeliverDeps {
  readonly link: Link;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly uploadLimit?: RateLimit | undefined;
}

interface Answer {
  readonly error: string;
  readonly retryable: boolean;
}

type Described = Awaited<ReturnType<typeof describeArtifact>>;

/** A task may bring thousands of files: rights to upload are asked for in batches, which one message holds. */
const RIGHTS_AT_ONCE = 100;
/** Small files take longer to ask for than to send. */
const UPLOADS_AT_ONCE = 3;
const HASHES_AT_ONCE = 4;
/** With the backoff: for about five minutes of a coordinator that says "later". */
const COMMIT_TRIES = 80;
export const COMMIT_BACKOFF = { firstMs: 500, maxMs: 8_000 };

/** Hashes, uploads and commits. A coordinator that cannot answer is asked again while the lease is trusted. */
async function bring(
  deps: DeliverDeps,
  lease: HeldLease,
  { files, say }: { files: readonly RunnerArtifact[]; say(artifacts: Described[]): Promise<Answer> },
): Promise<void> {
  const { link, clock, ids } = deps;
  const { fence } = lease;
  const { signal } = lease.abort;
  const paths = new Map(files.map((file) => [file.name, file.path]));
  const extras = files.filter((file) => file.optional === true);
  const needed = files.filter((file) => file.optional !== true);
  const artifacts = await fewAtOnce(needed, HASHES_AT_ONCE, ({ name, path }) => describeArtifact(name, path));
  const send = async (): Promise<Answer> => {
    for (let from = 0; from < artifacts.length; from += RIGHTS_AT_ONCE) {
      const batch = artifacts.slice(from, from + RIGHTS_AT_ONCE);
      const granted = await link.askUpload({ fence, artifacts: batch }, signal);
      if (granted.error) return granted;
      await fewAtOnce(granted.targets, UPLOADS_AT_ONCE, async (target) => {
        const path = paths.get(target.name);
        if (path !== undefined) await uploadArtifact(deps, { target, path, signal, limit: deps.uploadLimit });
      });
    }
    const offered = await fewAtOnce(extras, UPLOADS_AT_ONCE, (file) => offer(deps, lease, file));
    return say([...artifacts, ...offered.filter((extra) => extra !== undefined)]);
  };
  for (let attempt = 0; ; attempt++) {
    const refused = await send();
    if (refused.error === '') return;
    if (!refused.retryable || attempt + 1 >= COMMIT_TRIES) throw refusal(refused.error);
    await clock.sleep(
      backoffMs(attempt, COMMIT_BACKOFF, () => ids.random()),
      signal,
    );
  }
}

/** Uploads what a task is as good without. Undefined: the coordinator does not know of such a thing, or it did not get there. */
async function offer(
  deps: DeliverDeps,
  { fence, abort: { signal } }: HeldLease,
  { name, path }: RunnerArtifact,
): Promise<Described | undefined> {
  try {
    const described = await describeArtifact(name, path);
    const { error, targets } = await deps.link.askUpload({ fence, artifacts: [described] }, signal);
    const [target] = targets;
    if (error !== '' || target === undefined) return undefined;
    await uploadArtifact(deps, { target, path, signal });
    return described;
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return undefined;
  }
}

interface Delivery {
  readonly lease: HeldLease;
  readonly output: RunnerOutput;
  readonly logTail: string;
  /** Told what it is busy with; returns the W3C traceparent of that. */
  step(name: 'upload' | 'complete'): string;
}

/** Brings what a task produced, and with it the task to its end. */
export async function deliver(deps: DeliverDeps, { lease, output, logTail, step }: Delivery): Promise<void> {
  const { fence, abort } = lease;
  lease.progress = { ...lease.progress, phase: 'upload' };
  step('upload');
  await bring(deps, lease, {
    files: output.artifacts,
    async say(artifacts) {
      const traceparent = step('complete');
      const value = { fence, artifacts, result: output.result, logTail, traceparent };
      const answer = await deps.link.askCommit({ $case: 'complete', value }, abort.signal);
      return answer.committed ? { error: '', retryable: false } : answer;
    },
  });
}

/** Brings a finished part of a clip. Throws what a completion throws; then nobody has kept it. */
export async function savePart(deps: DeliverDeps, lease: HeldLease, part: FinishedPart): Promise<void> {
  const { fence, abort } = lease;
  await bring(deps, lease, {
    files: [{ name: 'segment', path: part.path }],
    async say([artifact]) {
      const value = { fence, artifact, frames: part.frames, result: part.result };
      const answer = await deps.link.askPart(value, abort.signal);
      return answer.committed ? { error: '', retryable: false } : answer;
    },
  });
}
