import { expect, test } from 'vitest';
import { MAX_PROBE_BYTES, measures, probeText } from '../../../../agent/media/source-probe.ts';

const video = (more: object = {}) => ({ index: 0, codec_type: 'video', avg_frame_rate: '25/1', ...more });
const audio = { index: 1, codec_type: 'audio', avg_frame_rate: '0/0' };

test.each([
  ['the container counts them', [video({ nb_frames: '99' })], { duration: '4.0' }, [4, 99]],
  ['from the length of the picture', [video({ duration: '2.0' }), audio], { duration: '4.0' }, [4, 50]],
  ['from the length of the file', [audio, video()], { duration: '4.04' }, [4.04, 101]],
  ['no length is known', [video()], {}, [0, 0]],
  ['no rate is known', [video({ avg_frame_rate: '0/0' })], { duration: '4' }, [4, 0]],
  ['more than anybody can count', [video({ nb_frames: '9e15' })], { duration: '4' }, [4, 2 ** 31 - 1]],
])('about so many frames: %s', (_, streams, format, [durationSeconds, frameCount]) => {
  expect(measures(streams, format)).toEqual({ durationSeconds, frameCount, hasVideo: true });
});

test('a cover picture is no video', () => {
  const cover = video({ disposition: { attached_pic: 1 } });
  expect(measures([audio, cover], { duration: '4' })).toEqual({
    durationSeconds: 4,
    frameCount: 0,
    hasVideo: false,
  });
});

test('where the file lies is told to nobody', () => {
  const text = probeText([video()], { filename: 'http://127.0.0.1:1/secret', duration: '4' });
  expect(JSON.parse(text)).toEqual({ streams: [video()], format: { duration: '4' } });
});

test('the text is bounded: tags go first, then streams', () => {
  const tagged = Array.from({ length: 40 }, () => video({ tags: { title: 'x'.repeat(10_000) } }));
  const untagged = probeText(tagged, {});
  expect(JSON.parse(untagged)).toEqual({ streams: tagged.map(() => video()), format: {} });
  const many = Array.from({ length: 10_000 }, () => video());
  const few = probeText(many, {});
  expect(Buffer.byteLength(few)).toBeLessThanOrEqual(MAX_PROBE_BYTES);
  expect(JSON.parse(few).streams).toHaveLength(64);
});
