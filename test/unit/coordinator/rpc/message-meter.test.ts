import { expect, test } from 'vitest';
import { MessageMeter } from '../../../../coordinator/rpc/message-meter.ts';
import { OpenStreams } from '../../../../coordinator/rpc/open-streams.ts';
import { toStatus } from '../../../../coordinator/rpc/status.ts';
import { GridError } from '../../../../shared/errors.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

test('a meter lets a burst through, then so many a second, and saves up no more than a burst', () => {
  const clock = new ManualClock();
  const meter = new MessageMeter(clock, { messageBurst: 3, messagesPerSecond: 2 });
  const takes = (count: number): boolean[] => Array.from({ length: count }, () => meter.take());
  expect(takes(4)).toEqual([true, true, true, false]);
  clock.advance(499);
  expect(meter.take()).toBe(false);
  clock.advance(1);
  expect(takes(2)).toEqual([true, false]);
  clock.advance(3_600_000);
  expect(takes(4)).toEqual([true, true, true, false]);
});

test('who leaves twice is counted out once', () => {
  const open = new OpenStreams('things', 1);
  const leave = open.enter();
  expect(() => open.enter()).toThrow('1 things are open');
  leave();
  leave();
  open.enter();
  expect(() => open.enter()).toThrow('1 things are open');
});

test('a status can always be sent: not too long, and no half of a surrogate pair', () => {
  const status = toStatus(new GridError('invalid_argument', `${'x'.repeat(1_499)}💥`));
  expect(status.details).toHaveLength(1_500);
  expect(() => encodeURI(status.details)).not.toThrow();
  expect(status.metadata.get('clipgrid-error-code')).toEqual(['invalid_argument']);
});
