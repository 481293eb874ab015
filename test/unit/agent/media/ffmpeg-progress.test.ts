import { expect, test } from 'vitest';
import { ProgressReader, type FfmpegProgress } from '../../../../agent/media/ffmpeg-progress.ts';

function read(...chunks: readonly string[]): FfmpegProgress[] {
  const said: FfmpegProgress[] = [];
  const reader = new ProgressReader((progress) => said.push(progress));
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  return said;
}

test('each report ends with its progress line, however the bytes come', () => {
  const text =
    'frame=12\nfps=25.50\nbitrate= 300kbits/s\nout_time_us=480000\nspeed=1.81x\nprogress=continue\nframe=20\nprogress=end\n';
  const expected = [
    { frames: 12, fps: 25.5, speed: 1.81, atS: 0.48 },
    { frames: 20, fps: 0, speed: 0, atS: 0 },
  ];
  expect(read(text)).toEqual(expected);
  expect(read(...text.split(''))).toEqual(expected);
});

test('sound has no frames, and what is not known yet is 0', () => {
  expect(read('out_time_us=N/A\nspeed=N/A\nprogress=continue\n')).toEqual([
    { frames: undefined, fps: 0, speed: 0, atS: 0 },
  ]);
  expect(read('frame=0\nout_time_us=-9223372036854775808\nspeed=   0x\nprogress=end\n')).toEqual([
    { frames: 0, fps: 0, speed: 0, atS: 0 },
  ]);
});
