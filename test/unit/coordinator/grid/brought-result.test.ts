import { expect, test } from 'vitest';
import { checkedResult } from '../../../../coordinator/grid/brought-result.ts';
import type { TaskResult } from '../../../../shared/gen/clipgrid/v1/task.ts';

const PROBED = {
  probeJson: '{"streams":[],"format":{}}',
  durationSeconds: 4,
  frameCount: 100,
  hasVideo: true,
};
const probe = (more: Partial<typeof PROBED> = {}): TaskResult => ({
  kind: { $case: 'probe', value: { ...PROBED, ...more } },
});

test('a result is of the kind of its task', () => {
  expect(checkedResult('probe', probe())).toEqual(probe());
  expect(() => checkedResult('media', probe())).toThrow(
    'a media task was completed with a result of another',
  );
  expect(() => checkedResult('probe', undefined)).toThrow('another kind');
});

test.each([
  [{ probeJson: `{"x":"${'x'.repeat(256 * 1024)}"}` }, 'at most 262144 bytes'],
  [{ probeJson: '[]' }, 'a JSON object'],
  [{ probeJson: '{' }, 'a JSON object'],
  [{ probeJson: '' }, 'a JSON object'],
  [{ frameCount: 2 ** 31 }, 'frame_count is 2147483648'],
  [{ durationSeconds: Number.NaN }, 'duration_seconds is NaN'],
  [{ durationSeconds: -1 }, 'duration_seconds is -1'],
])('what no honest agent says is refused: %#', (more, why) => {
  expect(() => checkedResult('probe', probe(more))).toThrow(why);
});
