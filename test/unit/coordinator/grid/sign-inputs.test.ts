import { expect, test } from 'vitest';
import { unsignedInput } from '../../../../coordinator/domain/object-input.ts';
import { MAX_CLIPS } from '../../../../coordinator/domain/planner.ts';
import { systemPlatform } from '../../../../coordinator/grid/platform.ts';
import { signInputs } from '../../../../coordinator/grid/sign-inputs.ts';
import type { ObjectRef } from '../../../../coordinator/objects/object-store.ts';
import { TaskSpec } from '../../../../shared/gen/clipgrid/v1/task.ts';

test('the inputs of the largest merge are signed a few at a time, with other work in between', async () => {
  const segments = Array.from({ length: MAX_CLIPS }, (_, i) =>
    unsignedInput({ bucket: 'clipgrid', key: `segment-${i}`, sizeBytes: 1 }),
  );
  const spec = TaskSpec.fromPartial({ kind: { $case: 'merge', value: { segments } } });
  let signed = 0;
  const signGet = async ({ bucket, key }: ObjectRef): Promise<string> => {
    signed++;
    return `https://${bucket}/${key}`;
  };
  // How many were signed whenever something else had its turn.
  const seen: number[] = [];
  const otherWork = (): void => {
    seen.push(signed);
    if (signed < MAX_CLIPS) setImmediate(otherWork);
  };
  setImmediate(otherWork);
  await signInputs({ signGet }, spec, { expiresS: 60, platform: systemPlatform });
  const most = Math.max(...seen.map((count, i) => count - (seen[i - 1] ?? 0)));
  expect(most).toBeLessThanOrEqual(MAX_CLIPS / 100);
  const kind = spec.kind;
  const urls = kind?.$case === 'merge' ? kind.value.segments.map(({ url }) => url) : [];
  expect(urls).toEqual(segments.map((_, i) => `https://clipgrid/segment-${i}`));
});
