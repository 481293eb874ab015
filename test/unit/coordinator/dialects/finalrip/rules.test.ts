import { describe, expect, test } from 'vitest';
import {
  checkTexts,
  clipChange,
  priorityOf,
  startSpec,
  timeoutS,
  trimParam,
} from '../../../../../coordinator/dialects/finalrip/rules.ts';

const SCRIPT = "core.bs.VideoSource(os.environ['FINALRIP_SOURCE'])";
const NO_SOURCE =
  'the VapourSynth Script code must contain FINALRIP_SOURCE environment variable to specify the source video';
const NO_OUTPUT = 'the Encode Param must contain FINALRIP_ENCODED_CLIP.mkv to specify the output video clip';
const LINE_BREAK = 'the Encode Param cannot contain line break';

const REFUSED: readonly (readonly [string, string, string, string])[] = [
  ['no source variable', 'x', 'ffmpeg -i - FINALRIP_ENCODED_CLIP.mkv', NO_SOURCE],
  ['no output name, no ffmpeg', SCRIPT, 'x265 --y4m -', NO_OUTPUT],
  ['white space alone', SCRIPT, '', NO_OUTPUT],
  ['ffmpeg, but not last', SCRIPT, 'ffmpeg -i - -f yuv4mpegpipe - | x265 --y4m -', NO_OUTPUT],
  ['a line break', SCRIPT, 'ffmpeg -i -\nFINALRIP_ENCODED_CLIP.mkv', LINE_BREAK],
  ['a carriage return', SCRIPT, 'ffmpeg -i -\rFINALRIP_ENCODED_CLIP.mkv', LINE_BREAK],
  ['neither: the script comes first', 'x', 'x265', NO_SOURCE],
  ['no name and a line break: the name comes first', SCRIPT, 'x265\n--y4m', NO_OUTPUT],
];

const NOT_ALLOWED = [
  'ffmpeg -i - FINALRIP_ENCODED_CLIP.mkv; touch x',
  'ffmpeg -i - FINALRIP_ENCODED_CLIP.mkv && touch x',
  'ffmpeg -i - FINALRIP_ENCODED_CLIP.mkv & touch x',
  'ffmpeg -i - $(touch x) FINALRIP_ENCODED_CLIP.mkv',
  'ffmpeg -i - `touch x` FINALRIP_ENCODED_CLIP.mkv',
  'ffmpeg -i - ${HOME} FINALRIP_ENCODED_CLIP.mkv',
  'ffmpeg -i - > FINALRIP_ENCODED_CLIP.mkv',
  'bash -c FINALRIP_ENCODED_CLIP.mkv',
  'ffmpeg -i - || FINALRIP_ENCODED_CLIP.mkv',
  'ffmpeg -i - "FINALRIP_ENCODED_CLIP.mkv',
  'ffmpeg -i /etc/passwd FINALRIP_ENCODED_CLIP.mkv',
  'ffmpeg -i - -f tee ../FINALRIP_ENCODED_CLIP.mkv',
];

const ACCEPTED: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  [
    'ffmpeg -i - -vcodec libx265 -crf 16',
    [['ffmpeg', '-i', '-', '-vcodec', 'libx265', '-crf', '16', 'FINALRIP_ENCODED_CLIP.mkv']],
  ],
  [
    '/static-ffmpeg/ffmpeg -i - FINALRIP_ENCODED_CLIP.mkv',
    [['ffmpeg', '-i', '-', 'FINALRIP_ENCODED_CLIP.mkv']],
  ],
  [
    'x265 --y4m --crf 20 -o FINALRIP_ENCODED_CLIP.mkv -',
    [['x265', '--y4m', '--crf', '20', '-o', 'FINALRIP_ENCODED_CLIP.mkv', '-']],
  ],
  [
    'ffmpeg -i - -c:v libx265 -x265-params "aq-mode=3:no-sao=1" FINALRIP_ENCODED_CLIP.mkv',
    [
      [
        'ffmpeg',
        '-i',
        '-',
        '-c:v',
        'libx265',
        '-x265-params',
        'aq-mode=3:no-sao=1',
        'FINALRIP_ENCODED_CLIP.mkv',
      ],
    ],
  ],
];

describe('rules 3 to 5 of start', () => {
  test.each(REFUSED)('%s', (_title, script, param, message) => {
    expect(() => checkTexts(script, param)).toThrow(message);
  });

  test.each(NOT_ALLOWED)('%s is not allowed', (param) => {
    expect(() => checkTexts(SCRIPT, param)).toThrow(/^the Encode Param is not allowed: ./);
  });

  test.each(ACCEPTED)('%s', (param, programs) => {
    expect(checkTexts(SCRIPT, param)).toEqual({
      text: param,
      programs,
      outputName: 'FINALRIP_ENCODED_CLIP.mkv',
    });
  });

  test('white space goes at the end only, of every kind', () => {
    expect(trimParam('  a b \r\n\t\u00A0\u3000')).toBe('  a b');
  });
});

describe('limits and classes', () => {
  test.each([
    [20, 1200],
    [2, 120],
    [1, undefined],
    [0, undefined],
    [-5, undefined],
  ])('a timeout of %d minutes', (minutes, seconds) => {
    expect(timeoutS(minutes)).toBe(seconds);
  });

  test.each([
    ['priority', 10],
    ['default', 0],
    ['foo', 0],
    ['', 0],
  ])('the queue %j', (queue, priority) => {
    expect(priorityOf(queue)).toBe(priority);
  });

  const input = {
    source: { bucket: 'finalrip', key: 'a', sizeBytes: 1 },
    script: SCRIPT,
    command: { text: '', programs: [], outputName: '' },
    timeoutMinutes: 20,
  };

  test('a film that is not sliced is one clip with the long limit', () => {
    const spec = startSpec({ ...input, slice: false });
    expect(spec.clips).toEqual({ mode: 'whole' });
    expect(spec.encodeTimeoutS).toBeUndefined();
  });

  test.each([true, undefined])('slice %s: several clips; the limit is for one of several', (slice) => {
    const spec = startSpec({ ...input, slice });
    expect(spec.clips).toEqual({ mode: 'auto' });
    expect(spec).toMatchObject({ encodeTimeoutS: 1200, limitsWhole: false });
  });

  test('a retry brings both texts, and its limit and class only where given', () => {
    const texts = { script: SCRIPT, encodeParam: 'ffmpeg -i - \r\n' };
    expect(clipChange({ ...texts, timeoutMinutes: 0, queue: '' })).toEqual({
      script: { text: SCRIPT, sourceVariable: 'FINALRIP_SOURCE', sourceName: 'FINALRIP_SOURCE.mkv' },
      command: checkTexts(SCRIPT, 'ffmpeg -i -'),
    });
    expect(clipChange({ ...texts, timeoutMinutes: 30, queue: 'priority' })).toMatchObject({
      timeoutS: 1800,
      priority: 10,
    });
  });
});
