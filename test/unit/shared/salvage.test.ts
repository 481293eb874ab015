import { expect, test } from 'vitest';
import { splitCommand } from '../../../shared/command-words.ts';
import { describeSalvage, salvageOf } from '../../../shared/salvage.ts';

const said = (text: string, outputName = 'OUT.mkv'): string =>
  describeSalvage(salvageOf(splitCommand(text), outputName));

test.each([
  ['ffmpeg -i - -c:v libx264 -crf 18 OUT.mkv'],
  ['ffmpeg -i - -c:v libx264 -x264-params keyint=48:open-gop=0 OUT.mkv'],
  ['ffmpeg -i - -c:v libx265 -x265-params open-gop=0:log-level=error OUT.mkv'],
  ['ffmpeg -i - -c:v libx265 -x265-params no-open-gop=1 OUT.mkv'],
  ['ffmpeg -i - -c:v libsvtav1 OUT.mkv'],
  ['x264 --demuxer y4m --crf 18 -o OUT.mkv -'],
])('%s gives parts', (text) => {
  expect(said(text)).toBe('yes');
});

test.each([
  ['ffmpeg -i - -c:v libx264 OUT.mp4', 'OUT.mp4', 'OUT.mp4 cannot be read while it is being written'],
  ['x264 --demuxer y4m -o OUT.264 -', 'OUT.264', 'OUT.264 cannot be read'],
  ['x265 --y4m - -o OUT.mkv', 'OUT.mkv', 'x265 writes no Matroska'],
  ['ffmpeg -i - -f yuv4mpegpipe - | x264 --demuxer y4m -o OUT.mkv -', 'OUT.mkv', 'several programs'],
  ['ffmpeg -i - -c:v libx264 -pass 2 OUT.mkv', 'OUT.mkv', 'two passes'],
  ['x264 --demuxer y4m --pass 1 -o OUT.mkv -', 'OUT.mkv', 'two passes'],
  ['x264 --demuxer y4m --open-gop -o OUT.mkv -', 'OUT.mkv', 'its GOPs are open'],
  ['ffmpeg -i - -c:v libx264 -x264-params open-gop=1 OUT.mkv', 'OUT.mkv', 'its GOPs are open'],
  ['ffmpeg -i - -c:v libx265 OUT.mkv', 'OUT.mkv', 'libx265 makes open GOPs unless'],
  ['ffmpeg -i - -c:v libx264 -intra-refresh 1 OUT.mkv', 'OUT.mkv', 'intra refresh'],
])('%s is one piece', (text, outputName, because) => {
  expect(said(text, outputName)).toMatch(/^no, because /);
  expect(said(text, outputName)).toContain(because);
});
