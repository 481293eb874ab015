import { expect, test } from 'vitest';
import { isCommandAtFault } from '../../../../agent/media/command-fault.ts';

const RUN = {
  argv: ['ffmpeg', '-c:v', 'libx264', 'o.mp4'],
  exitCode: 1,
  madeOutput: false,
  log: "Unrecognized option 'x'.",
};

test('what fails before the first frame fails everywhere', () => {
  expect(isCommandAtFault(RUN)).toBe(true);
  expect(isCommandAtFault({ ...RUN, exitCode: 234 })).toBe(true);
});

test.each([
  ['it had made something', { madeOutput: true }],
  ['it was killed', { exitCode: undefined }],
  ['it was killed, says the wrapper', { exitCode: 137 }],
  ['a hardware encoder has no card', { argv: ['ffmpeg', '-c:v', 'h264_nvenc', 'o.mp4'] }],
  ['memory', { log: 'x264 [error]: malloc failed\nCannot allocate memory' }],
  ['disk', { log: 'av_interleaved_write_frame(): No space left on device' }],
])('another agent may do better: %s', (_, more) => {
  expect(isCommandAtFault({ ...RUN, ...more })).toBe(false);
});
