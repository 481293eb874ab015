import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { asDiskFull, freeBytes } from '../../../agent/disk-full.ts';
import { GridError } from '../../../shared/errors.ts';

const WELL = { toolOutput: 'all well', freeBytes: 10 ** 9 };
const MISSING = new GridError('encoder_failed', 'wrote nothing', { details: { inputAtFault: true } });

test.each([
  ['the message of Node', new GridError('internal', 'ENOSPC: no space left on device, write'), WELL],
  [
    'the log of a tool',
    new GridError('encoder_failed', 'x', { details: { log: 'av_write: No space left on device' } }),
    WELL,
  ],
  [
    'the output of a tool',
    new GridError('source_unreadable', 'x'),
    { ...WELL, toolOutput: 'Disk quota exceeded' },
  ],
  ['the disk', MISSING, { ...WELL, freeBytes: 4096 }],
])('no room is one failure of this agent, whoever tells: %s', (_, error, circumstances) => {
  const told = asDiskFull(error, circumstances);
  expect(told).toMatchObject({ code: 'disk_full' });
  expect(told.message).toContain(error.message);
  expect(told.details['inputAtFault']).toBeUndefined();
});

test('other failures stay what they are', () => {
  expect(asDiskFull(MISSING, WELL)).toBe(MISSING);
  expect(asDiskFull(MISSING, { ...WELL, freeBytes: undefined })).toBe(MISSING);
  const lost = new GridError('lost_lease', 'x');
  expect(asDiskFull(lost, { ...WELL, freeBytes: 0 })).toBe(lost);
});

test('the room of a folder', async () => {
  expect(await freeBytes(tmpdir())).toBeGreaterThan(0);
  expect(await freeBytes('/there/is/no/such/folder')).toBeUndefined();
});
