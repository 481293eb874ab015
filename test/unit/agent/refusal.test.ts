import { expect, test } from 'vitest';
import { refusal } from '../../../agent/refusal.ts';

test('L15 what the coordinator refuses for a reason is a failure with that reason, not an agent that vanished', () => {
  expect(refusal('frames_missing: the clip has 25 frames, the agent encoded 24')).toMatchObject({
    code: 'frames_missing',
    message: 'the coordinator refused the result: the clip has 25 frames, the agent encoded 24',
  });
});

test.each([
  'stale_lease: the lease is not the current one any more',
  'something that an older coordinator says',
])("a lease that is over is nobody's failure: %s", (error) => {
  expect(refusal(error)).toMatchObject({ code: 'lost_lease', message: `refused: ${error}` });
});
