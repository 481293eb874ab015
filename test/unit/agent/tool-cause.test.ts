import { expect, test } from 'vitest';
import { causeLine, withCause } from '../../../agent/tool-cause.ts';

test.each([
  [
    'vspipe at a frame',
    'ValueError: my words\n\nOutput 4 frames in 0.02 seconds (257.01 fps)',
    'ValueError: my words',
  ],
  [
    'BestSource',
    'ValueError: my words\nInformation: VideoSource track #0 index progress 73%',
    'ValueError: my words',
  ],
  [
    'ffmpeg, unknown option',
    "Unrecognized option 'nosuch'.\nError splitting the argument list: Option not found",
    "Unrecognized option 'nosuch'.",
  ],
  [
    'ffmpeg, bad value',
    '[libx264 @ 0x55bc61979b00] Error setting option crf to value banana.\nError initializing output stream 0:0 -- Error while opening encoder\nConversion failed!',
    'Error setting option crf to value banana.',
  ],
  ['ffmpeg, unknown encoder', "Unknown encoder 'libnosuch'", "Unknown encoder 'libnosuch'"],
  [
    'ffmpeg, unknown filter',
    "[AVFilterGraph @ 0x55c95bf178c0] No such filter: 'x'\nError reinitializing filters!\nFailed to inject frame into filter network: Invalid argument\nError while processing the decoded data for stream #0:0",
    "No such filter: 'x'",
  ],
  ['nothing but noise', 'frame=   12 fps=0.0\nConversion failed!\n', ''],
])('the cause is told, not what comes after it: %s', (_, log, cause) => {
  expect(causeLine(log)).toBe(cause);
});

test('a problem without a cause stands alone', () => {
  expect(withCause('vspipe failed', 'boom')).toBe('vspipe failed: boom');
  expect(withCause('vspipe failed', '')).toBe('vspipe failed');
});
