import { expect, test } from 'vitest';
import { scrubLine } from '../../../shared/scrub.ts';

test.each([
  ['frame=  12 fps=3.1 q=28.0', 'frame=  12 fps=3.1 q=28.0'],
  ["Input #0, from 'clip.mkv':", "Input #0, from 'clip.mkv':"],
  [
    'http://127.0.0.1:4711/secret/film.mkv: broken',
    'http://127.0.0.1/...'.replace('1/', '1:4711/') + ' broken',
  ],
  [
    "from 'https://s3.lab/b/film.mkv?X-Amz-Signature=abc&X-Amz-Date=1' (x)",
    "from 'https://s3.lab/b/film.mkv?...' (x)",
  ],
  ['rtmp://user:word@host/live', 'rtmp://host/live'],
  ['got X-Amz-Signature=abc&more', 'got X-Amz-Signature=...&more'],
  ['token=abc', 'token=...'],
  ['a\0b', 'a\uFFFDb'],
])('%j is told as %j', (line, told) => {
  expect(scrubLine(line)).toBe(told);
});

test('a long line without an end of its address costs no time', () => {
  const line = `x=${'a://'.repeat(1_000)}`;
  const fromMs = performance.now();
  scrubLine(line);
  expect(performance.now() - fromMs).toBeLessThan(200);
});
