import { describe, expect, test } from 'vitest';
import { frameMd5s, packets, probeFile } from '../support/probe.ts';
import { encodedClip, indexed, throughTheGrid, type Passage } from '../support/through-the-grid.ts';
import { ffmpegEncoder as ffmpeg, shortFilm } from './short-film.ts';

const x265 = (params: string) =>
  ffmpeg('-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', `log-level=none:${params}`);
const TWO_CLIPS: NonNullable<Passage['clips']> = () => [
  [0, 23],
  [23, 50],
];

/** Joins two clips and holds the result against what each segment decodes to by itself. */
async function joined(
  encoders: readonly (readonly string[])[],
): Promise<{ codec: string; extradata: number }> {
  const passage = await throughTheGrid(shortFilm(), { encoders, clips: TWO_CLIPS });
  const alone = passage.segments.flatMap((segment) => frameMd5s(segment.path));
  expect(alone).toHaveLength(50);
  expect(frameMd5s(passage.result)).toEqual(alone);
  const times = packets(passage.result, 'v:0').map((packet) => packet.time);
  const late = times.toSorted((a, b) => a - b).filter((time, frame) => Math.abs(time - frame / 25) > 0.0011);
  expect(late).toEqual([]);
  const codec = probeFile(passage.result).streams[0]!.codec_name!;
  const extradata = new Set(passage.segments.map((segment) => segment.value.extradataSha256)).size;
  passage.clean();
  return { codec, extradata };
}

describe('segments of every codec join to a file that decodes as they do', { timeout: 120_000 }, () => {
  test.each([
    ['h264', ffmpeg('-c:v', 'libx264', '-preset', 'fast', '-bf', '3')],
    ['h264', ['x264', '--demuxer', 'y4m', '--quiet', '--preset', 'fast', '-', '--output']],
    ['hevc', x265('bframes=4:open-gop=1')],
    ['hevc', ['x265', '--y4m', '--log-level', 'none', '--preset', 'ultrafast', '-', '-o']],
    ['av1', ffmpeg('-c:v', 'libsvtav1', '-preset', '12')],
    ['av1', ffmpeg('-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime')],
    ['vp9', ffmpeg('-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8')],
    ['prores', ffmpeg('-c:v', 'prores_ks', '-profile:v', '0')],
    ['mpeg2video', ffmpeg('-c:v', 'mpeg2video', '-bf', '2')],
  ])('%s of %s', async (codec, encoder) => {
    expect((await joined([encoder])).codec).toBe(codec);
  });
});

describe('segments whose parameter sets differ', { timeout: 120_000 }, () => {
  test.each([
    [
      'h264',
      ffmpeg('-c:v', 'libx264', '-preset', 'ultrafast'),
      ffmpeg('-c:v', 'libx264', '-preset', 'slow', '-bf', '4', '-refs', '5'),
    ],
    ['hevc', x265('ref=1:bframes=0'), x265('ref=4:bframes=4:ctu=16:min-cu-size=8:rect=1')],
    [
      'av1',
      ffmpeg('-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime'),
      ffmpeg('-c:v', 'libsvtav1', '-preset', '12'),
    ],
  ])('%s: each keeps its own in band, and decodes right', async (codec, first, second) => {
    expect(await joined([first, second])).toEqual({ codec, extradata: 2 });
  });

  test('FFV1 has no place for a second header: segment_mismatch says so', async () => {
    const encoders = [
      ffmpeg('-c:v', 'ffv1', '-level', '3'),
      ffmpeg('-c:v', 'ffv1', '-level', '3', '-coder', '1'),
    ];
    await expect(joined(encoders)).rejects.toMatchObject({
      code: 'segment_mismatch',
      message: expect.stringContaining('ffv1 headers differ') as string,
    });
  });
});

describe('segments that are not one stream are a segment_mismatch', { timeout: 120_000 }, () => {
  const plain = ffmpeg('-c:v', 'ffv1');
  test.each([
    ['size', ffmpeg('-vf', 'scale=96:54', '-c:v', 'ffv1'), 'segment 1 has width 96, the first has 192'],
    ['pixels', ffmpeg('-pix_fmt', 'yuv422p', '-c:v', 'ffv1'), 'segment 1 has pixelFormat yuv422p'],
    ['codec', ffmpeg('-c:v', 'libx264'), 'segment 1 has codec h264, the first has ffv1'],
    ['colour', ffmpeg('-color_trc', 'smpte2084', '-c:v', 'ffv1'), 'segment 1 has colorTransfer smpte2084'],
  ])('%s', async (_, other, message) => {
    await expect(joined([plain, other])).rejects.toMatchObject({
      code: 'segment_mismatch',
      message: expect.stringContaining(message) as string,
    });
  });
});

test(
  'a segment whose file lies about its length does not push its frames into the next',
  { timeout: 120_000 },
  async () => {
    // A live file tells no duration, and B-frames make pts and dts differ at the joint.
    const live = ffmpeg('-c:v', 'libx264', '-bf', '4', '-f', 'matroska', '-live', '1');
    await joined([live]);
  },
);

test('what an agent measured of a segment is in its result', { timeout: 120_000 }, async () => {
  const { index } = await indexed(shortFilm());
  const { value } = await encodedClip(shortFilm(), index, {
    span: [10, 30],
    encoder: ffmpeg('-c:v', 'libx264'),
  });
  expect(value).toMatchObject({ frameCount: 20, inputFrames: 20, outputRate: { num: 25, den: 1 } });
  expect(value.format).toMatchObject({ codec: 'h264', width: 192, height: 108, pixelFormat: 'yuv420p' });
  expect(value.extradataSha256).toMatch(/^[0-9a-f]{64}$/);
});
