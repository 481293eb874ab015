import { expect, it } from 'vitest';
import { mergeTask } from '../../../../coordinator/domain/merge-plan.ts';
import type { ClipOutput } from '../../../../coordinator/domain/task.ts';
import { EncodeResult, type MergeTask } from '../../../../shared/gen/clipgrid/v1/task.ts';
import { PASS_THROUGH } from '../../../support/store-moves.ts';

const FORMAT = { codec: 'h264', width: 1280, height: 720, pixelFormat: 'yuv420p' };

function artifact(name: string) {
  return { name, bucket: 'b', key: name, sha256: 'f'.repeat(64), sizeBytes: 1 };
}

function clip(found: Parameters<typeof EncodeResult.fromPartial>[0]): ClipOutput {
  const usual = { frameCount: 5, inputFrames: 5, format: FORMAT, extradataSha256: 'a' };
  const value = EncodeResult.fromPartial({ ...usual, ...found });
  return { artifacts: [artifact('segment')], result: { kind: { $case: 'encode', value } } };
}

function mergeOf(encodes: readonly ClipOutput[]): MergeTask {
  const plan = { index: artifact('index'), frameCount: 5 * encodes.length, durationS: 1 };
  const { kind } = mergeTask({ spec: PASS_THROUGH, plan, encodes }).spec;
  if (kind?.$case !== 'merge') throw new Error('it is no merge');
  return kind.value;
}

it.each([
  ['of one kind', {}, true],
  ['of another size', { format: { ...FORMAT, width: 640 } }, false],
  ['whose codec says something else of itself', { extradataSha256: 'b' }, false],
])('segments %s: one tells for all: %j', (_title, second, agree) => {
  expect(mergeOf([clip({}), clip({}), clip(second)]).segmentsAgree).toBe(agree);
});
