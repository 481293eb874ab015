import { expect, test } from 'vitest';
import { asDiskFull } from '../../../agent/disk-full.ts';
import { GridError } from '../../../shared/errors.ts';

test.each([
  ['the message of Node', new GridError('internal', 'ENOSPC: no space left on device, write'), ''],
  [
    'the log of a tool',
    new GridError('encoder_failed', 'x', { details: { log: 'av_write: No space left on device' } }),
    '',
  ],
  ['the output of a tool', new GridError('source_unreadable', 'x'), 'Disk quota exceeded'],
])('no room is one failure, whoever says it: %s', (_, error, output) => {
  expect(asDiskFull(error, output)).toMatchObject({ code: 'disk_full' });
  expect(asDiskFull(error, output).message).toContain(error.message);
});

test('other failures stay what they are', () => {
  const failed = new GridError('encoder_failed', 'x');
  expect(asDiskFull(failed, 'all well')).toBe(failed);
  const lost = new GridError('lost_lease', 'x');
  expect(asDiskFull(lost, 'No space left on device')).toBe(lost);
});
