import { expect, test } from 'vitest';
import { lacksInWords } from '../../../agent/lacks.ts';

const ALL = {
  vapourSynth: true,
  programs: new Set(['ffmpeg', 'x264', 'x265']),
  sandbox: [],
  broken: [],
} as const;

test('an agent that lacks nothing says nothing', () => {
  expect(lacksInWords(ALL)).toEqual([]);
});

test.each([
  [{ vapourSynth: false }, /^VapourSynth is missing: .*`npm run setup`/],
  [{ programs: new Set(['ffmpeg', 'x264']) }, /^x265 is missing: .* apt-get install x265/],
  [{ sandbox: ['bubblewrap is missing: install it'] }, /^bubblewrap is missing: install it$/],
] as const)('what is missing is named with how to get it: %s', (missing, words) => {
  const lacks = lacksInWords({ ...ALL, ...missing });
  expect(lacks).toHaveLength(1);
  expect(lacks[0]).toMatch(words);
});

test('hardware encoders that are listed but do not work are one sentence a kind of hardware', () => {
  const broken = [
    { name: 'h264_nvenc', reason: 'Cannot load libcuda.so.1' },
    { name: 'hevc_nvenc', reason: 'Cannot load libcuda.so.1' },
    { name: 'h264_vaapi', reason: 'No VA display found' },
  ];
  expect(lacksInWords({ ...ALL, broken })).toEqual([
    'ffmpeg lists h264_nvenc, hevc_nvenc, but no frame could be encoded here: Cannot load libcuda.so.1. ' +
      'It needs the NVIDIA driver, and a card that can encode.',
    'ffmpeg lists h264_vaapi, but no frame could be encoded here: No VA display found. ' +
      'It needs a graphics card with its VA-API driver, and leave to open /dev/dri/renderD128 (group render).',
  ]);
});
