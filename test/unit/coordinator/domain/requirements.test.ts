import { expect, test } from 'vitest';
import { listedEncoders } from '../../../../agent/prove-encoders.ts';
import { clipRequirements, commandRequirements } from '../../../../coordinator/domain/requirements.ts';

const command = (...argv: string[]) => ({ text: '', programs: [argv], outputName: 'OUT.mkv' });
const script = (text: string) => ({ text, sourceVariable: 'V', sourceName: 'N' });

test.each([
  [
    ['ffmpeg', '-i', '-', '-c:v', 'hevc_nvenc', 'OUT.mkv'],
    ['encoder:hevc_nvenc', 'program:ffmpeg'],
  ],
  [
    ['ffmpeg', '-i', '-', '-vcodec', 'libx265', 'OUT.mkv'],
    ['encoder:libx265', 'program:ffmpeg'],
  ],
  [
    ['ffmpeg', '-i', 'A.mkv', '-c', 'libopus', 'OUT.mkv'],
    ['encoder:libopus', 'program:ffmpeg'],
  ],
  [
    ['ffmpeg', '-i', 'A.mkv', '-codec:a:0', 'flac', 'OUT.mkv'],
    ['encoder:flac', 'program:ffmpeg'],
  ],
  [['ffmpeg', '-i', 'A.mkv', '-c:a', 'copy', 'OUT.mkv'], ['program:ffmpeg']],
  [['/static/x265', '--y4m', '-o', 'OUT.mkv', '-'], ['program:x265']],
])('%j needs %j', (argv, requires) => {
  expect(commandRequirements(command(...argv))).toEqual(requires);
});

test('a script needs VapourSynth, the pass-through does not', () => {
  const encode = command('x264', '-');
  expect(clipRequirements({ script: script(''), command: encode })).toEqual(['program:x264']);
  const scripted = { script: script('clip.set_output()'), command: encode };
  expect(clipRequirements(scripted)).toEqual(['program:x264', 'tool:vapoursynth']);
});

test('what a command can need of ffmpeg is what an agent reports: video and audio encoders', () => {
  const listing = [' V..... = Video', ' A..... = Audio', ' V....D libx264   H.264', ' A....D libopus  Opus'];
  expect(listedEncoders([...listing, ' S..... ass  ASS'].join('\n'))).toEqual(['libx264', 'libopus']);
});
