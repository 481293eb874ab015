import { expect, test } from 'vitest';
import { MAX_MESSAGE_BYTES } from '../../../../agent/channel.ts';
import { mergeTask } from '../../../../coordinator/domain/merge-plan.ts';
import { artifactKey } from '../../../../coordinator/domain/object-keys.ts';
import { MAX_CLIPS } from '../../../../coordinator/domain/planner.ts';
import { systemPlatform } from '../../../../coordinator/grid/platform.ts';
import { DEFAULT_TIMES } from '../../../../coordinator/grid/settings.ts';
import { signInputs } from '../../../../coordinator/grid/sign-inputs.ts';
import type { ObjectRef } from '../../../../coordinator/objects/object-store.ts';
import { Presigner } from '../../../../coordinator/objects/s3-presign.ts';
import type { TaskOutput } from '../../../../coordinator/domain/task.ts';
import { EncodeResult, TaskSpec } from '../../../../shared/gen/clipgrid/v1/task.ts';
import { LeaseGrant } from '../../../../shared/gen/clipgrid/v1/lease.ts';
import { SessionResponse } from '../../../../shared/gen/clipgrid/v1/session.ts';
import { systemIds } from '../../../../shared/ids.ts';
import { PASS_THROUGH } from '../../../support/store-moves.ts';

const ids = systemIds(() => 1_800_000_000_000);
const SHA256 = 'f'.repeat(64);
/** The largest numbers that a message can hold of each. */
const MOST = { frames: Math.floor((2 ** 31 - 1) / MAX_CLIPS), epoch: 999_999_999, bytes: 2 ** 46 };

function artifact(jobId: string, bucket: string, name: string): TaskOutput['artifacts'][number] {
  const key = artifactKey({ jobId, taskId: ids.uuid(), epoch: MOST.epoch, sha256: SHA256 });
  return { name, bucket, key, sha256: SHA256, sizeBytes: MOST.bytes };
}

/** Bytes of the grant of a merge of so many clips, on an S3 of that name, bucket and access key. */
async function grantBytes(
  clips: number,
  { host, bucket, accessKey }: { host: string; bucket: string; accessKey: string },
): Promise<number> {
  const jobId = ids.uuid();
  const value = EncodeResult.fromPartial({
    frameCount: MOST.frames,
    inputFrames: MOST.frames,
    outputRate: { num: 2 ** 31, den: 2 ** 31 - 1 },
  });
  const encode = (): TaskOutput => ({
    artifacts: [artifact(jobId, bucket, 'segment')],
    result: { kind: { $case: 'encode', value } },
  });
  const task = mergeTask({
    spec: PASS_THROUGH,
    plan: {
      index: artifact(jobId, bucket, 'index'),
      sidecar: artifact(jobId, bucket, 'sidecar'),
      frameCount: 1,
      durationS: 1,
    },
    encodes: Array.from({ length: clips }, encode),
  });
  const endpoint = { url: `https://${host}:9000`, region: 'ap-southeast-2', accessKey, secretKey: 'secret' };
  const presigner = new Presigner(endpoint);
  const signGet = async ({ key }: ObjectRef, { expiresS }: { expiresS: number }): Promise<string> =>
    presigner.sign({ method: 'GET', bucket, key, query: {}, headers: {}, expiresS, nowMs: 1.8e12 });
  const spec = TaskSpec.decode(TaskSpec.encode(task.spec).finish());
  await signInputs({ signGet }, spec, { expiresS: DEFAULT_TIMES.urlExpiryS, platform: systemPlatform });
  const fence = { taskId: ids.uuid(), epoch: MOST.epoch, leaseId: ids.uuid() };
  const grant = LeaseGrant.fromPartial({ fence, jobId, spec, ttlMs: 12_000 });
  return SessionResponse.encode({ message: { $case: 'grant', value: grant } }).finish().length;
}

test.each([
  ['a usual S3', { host: 'minio', bucket: 'clipgrid', accessKey: 'minioadmin' }, 9],
  [
    'the longest names that S3 allows',
    { host: `${'h.'.repeat(126)}h`, bucket: 'b'.repeat(63), accessKey: 'K'.repeat(128) },
    15,
  ],
] as const)('the merge of as many clips as a plan may have is one message on %s', async (_, s3, mib) => {
  expect(MAX_MESSAGE_BYTES).toBe(DEFAULT_TIMES.maxMessageBytes);
  const bytes = await grantBytes(MAX_CLIPS, s3);
  expect(bytes).toBeLessThan(mib * 1024 ** 2);
  expect(bytes).toBeLessThan(MAX_MESSAGE_BYTES);
});
