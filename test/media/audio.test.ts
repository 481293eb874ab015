import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { runAudioTask } from '../../agent/runners/audio-task.ts';
import type { AudioResult } from '../../shared/gen/clipgrid/v1/task.ts';
import { filmOf } from '../../coordinator/domain/film-request.ts';
import { encodeCommand } from '../../coordinator/domain/planner.ts';
import { probeFile } from '../support/probe.ts';
import { localObject, runnerContext } from '../support/runner-context.ts';
import { indexed, throughTheGrid } from '../support/through-the-grid.ts';
import { generate } from './generate.ts';
import type { Recipe } from './recipes.ts';

/** Three seconds of picture that start half a second late, and two tracks of sound that last longer. */
const TWO_TRACKS: Recipe = {
  name: 'two tracks to encode',
  as: 'mkv',
  seconds: 4,
  inputs: [
    ...['-itsoffset', '0.5', '-f', 'lavfi', '-i', 'testsrc2=s=192x108:r=25:d=3'],
    ...['-f', 'lavfi', '-i', 'sine=440:d=4:r=48000', '-f', 'lavfi', '-i', 'sine=880:d=3.6:r=44100'],
  ],
  args: [
    ...[
      '-map',
      '0:v',
      '-map',
      '1:a',
      '-map',
      '2:a',
      '-map',
      '3',
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-g',
      '25',
    ],
    ...['-c:a:0', 'pcm_s16le', '-c:a:1', 'flac', '-c:s', 'srt', '-metadata:s:a:0', 'language=jpn'],
    ...[
      '-metadata:s:a:1',
      'language=ger',
      '-metadata:s:a:1',
      'title=Kommentar',
      '-disposition:a:1',
      'comment',
    ],
  ],
  files: { 'a.srt': '1\n00:00:01,000 --> 00:00:02,000\nEine Zeile\n' },
  expect: { frames: 75 },
};

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** The command as the REST API makes it of a user's text. */
function audioSpec(text: string) {
  const source = { bucket: 'b', key: 'k', sizeBytes: 1 };
  const request = {
    script: '',
    encode: 'ffmpeg -i -',
    container: 'matroska' as const,
    clips: { mode: 'auto' as const },
  };
  return encodeCommand(filmOf({ ...request, audio: text } as Parameters<typeof filmOf>[0], source).audio!);
}

async function reencode(sidecar: string, text: string) {
  const context = runnerContext();
  folders.push(context.workDir);
  const command = audioSpec(text);
  const output = await runAudioTask({ sidecar: localObject(sidecar), command, timeoutSeconds: 60 }, context);
  return { path: output.artifacts[0]!.path, value: output.result.kind!.value as AudioResult };
}

describe('audio is encoded once and whole, in a task of its own (M5)', { timeout: 120_000 }, () => {
  test.each([
    ['opus', 'ffmpeg -i CLIPGRID_AUDIO.mkv -c:a libopus -b:a 64k', 'matroska'],
    ['aac', 'ffmpeg -i CLIPGRID_AUDIO.mkv -map 0:a -c:a aac -b:a 96k', 'matroska'],
    ['aac', 'ffmpeg -i - -c:a aac -b:a 96k', 'mp4'],
  ] as const)(
    '%s by %s in %s: both tracks, their length, names and place',
    async (codec, text, container) => {
      const { result, clean } = await throughTheGrid(generate(TWO_TRACKS), {
        container,
        encoders: [['ffmpeg', '-v', 'error', '-i', '-', '-c:v', 'libx264', '-preset', 'ultrafast']],
        audio: async (sidecar) => {
          const { path, value } = await reencode(sidecar, text);
          expect(Math.abs(value.durationSeconds - 4)).toBeLessThan(0.1);
          return path;
        },
      });
      const probed = probeFile(result);
      const [video, ...sound] = probed.streams;
      expect(sound.map((one) => [one.codec_name, one.tags?.['language']])).toEqual([
        [codec, 'jpn'],
        [codec, 'ger'],
        // All that is not sound stays as it was.
        container === 'mp4' ? ['mov_text', 'und'] : ['subrip', undefined],
      ]);
      if (container === 'matroska') {
        expect(sound[1]!.tags?.['title']).toBe('Kommentar');
        expect(sound[1]!.disposition['comment']).toBe(1);
      }
      const offset = Number(video!.start_time) - Number(sound[0]!.start_time);
      // An encoder's priming is up to two of its packets.
      expect(Math.abs(offset - 0.5)).toBeLessThan(0.045);
      expect(Math.abs(Number(probed.format.duration) - 4)).toBeLessThan(0.1);
      clean();
    },
  );

  test('the index says how many tracks there are, so that a silent film gets no audio task', async () => {
    const { index, context } = await indexed(generate(TWO_TRACKS));
    folders.push(context.workDir);
    expect(index.audioTracks).toBe(2);
  });

  test('a command that fails, or writes nothing, is the encoder’s failure', async () => {
    const sidecar = generate(TWO_TRACKS);
    await expect(reencode(sidecar, 'ffmpeg -i - -c:a nonsense')).rejects.toMatchObject({
      code: 'encoder_failed',
      message: expect.stringContaining("Unknown encoder 'nonsense'") as string,
    });
  });

  test('a command that loses a track is refused before the merge', async () => {
    const sidecar = generate(TWO_TRACKS);
    await expect(reencode(sidecar, 'ffmpeg -i - -map 0:a:0 -c:a aac')).rejects.toMatchObject({
      code: 'frames_missing',
      message: 'the audio command was given 2 audio tracks, its output has 1',
    });
  });

  test('a command that loses half of the sound is refused', async () => {
    const sidecar = generate(TWO_TRACKS);
    await expect(reencode(sidecar, 'ffmpeg -i - -c:a aac -t 2')).rejects.toMatchObject({
      code: 'frames_missing',
      message: expect.stringMatching(
        /^audio track 0 ends at 2\.\d\d s after the audio command, at 4\.00 s before$/,
      ) as string,
    });
  });
});
