import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPrograms, withOutput } from '../../../shared/command-policy.ts';
import { splitCommand } from '../../../shared/command-words.ts';

describe('splitting', () => {
  test.each([
    ['ffmpeg -i - out.mkv', [['ffmpeg', '-i', '-', 'out.mkv']]],
    [`a 'b c' "d e" f\\ g`, [['a', 'b c', 'd e', 'f g']]],
    [`a "x\\"y\\\\z\\n" '' ""`, [['a', 'x"y\\z\\n', '', '']]],
    ['a b | c d|e', [['a', 'b'], ['c', 'd'], ['e']]],
    [`a 'x;y' "p|q" \\; $HOME`, [['a', 'x;y', 'p|q', ';', '$HOME']]],
    [`x265 --params="a=1:b='2'"`, [['x265', `--params=a=1:b='2'`]]],
  ])('%s', (text, words) => {
    expect(splitCommand(text)).toEqual(words);
  });

  test.each([
    '',
    '   ',
    'a | ',
    '| a',
    'a || b',
    'a; b',
    'a & b',
    'a > b',
    'a < b',
    'a $(b)',
    'a ${b}',
    'a `b`',
    'a (b)',
  ])('refuses %j', (text) =>
    expect(() => splitCommand(text)).toThrow(expect.objectContaining({ code: 'invalid_argument' })),
  );

  test.each([`a 'b`, 'a "b', 'a \\', 'a\nb', 'a\rb', 'a\0b', 'a \\\nb', 'x'.repeat(40_000)])(
    'refuses what is broken: %#',
    (text) => expect(() => splitCommand(text)).toThrow(expect.objectContaining({ code: 'invalid_argument' })),
  );

  test('any words survive quoting', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\0]/.test(text));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
        const text = words.map((one) => `'${one.replaceAll("'", `'\\''`)}'`).join(' ');
        expect(splitCommand(text)).toEqual([words]);
      }),
    );
  });
});

describe('policy', () => {
  const check = (text: string) => checkPrograms(splitCommand(text));

  test.each([
    'ffmpeg -i - -vcodec libx265 -crf 16',
    '/static-ffmpeg/ffmpeg -i pipe:0 -c:v libx264 -preset slow -crf 18 OUT.mkv',
    'ffmpeg -i - -c:v libx265 -pix_fmt yuv420p10le -x265-params "crf=18:preset=slow:aq-mode=3:deblock=-1,-1" OUT.mkv',
    'x265 --y4m --preset slow --crf 18 -o OUT.mkv -',
    'ffmpeg -i - -vf scale=1280:-2,setsar=1/1 -aspect 16:9 -c:v hevc_nvenc OUT.mkv',
    'ffmpeg -i - -f yuv4mpegpipe - | x264 --demuxer y4m -o OUT.mkv -',
    'ffmpeg -i - -metadata title="a: b, c" -c:v libsvtav1 OUT.mkv',
  ])('allows %s', (text) => expect(check(text).length).toBeGreaterThan(0));

  test.each([
    'rm -rf x',
    'bash -c x',
    'ffmpeg -i /etc/passwd OUT.mkv',
    'ffmpeg -i x.mkv OUT.mkv',
    'ffmpeg -i - /tmp/out.mkv',
    'ffmpeg -i - ../out.mkv',
    'ffmpeg -i - a/../../b.mkv',
    'ffmpeg -i - http://example.org/x',
    'ffmpeg -i - -f mpegts udp:127.0.0.1:9',
    'ffmpeg -i concat:a OUT.mkv',
    'ffmpeg -i - file:x.mkv',
    'ffmpeg -i - pipe:3',
    'ffmpeg -i - -f tee "a|b"',
    'ffmpeg -i - -f segment x%d.mkv',
    'ffmpeg -i - -vf movie=x.mkv OUT.mkv',
    'ffmpeg -i - -vf "null,movie=x" OUT.mkv',
    'ffmpeg -i - -filter_complex "[0:v][1:v]overlay;movie=x[1:v]" OUT.mkv',
    'ffmpeg -i - -vf "subtitles=x.srt" OUT.mkv',
    'ffmpeg -i - -vf "drawtext=textfile=x" OUT.mkv',
    'ffmpeg -i - -report OUT.mkv',
    'ffmpeg -i - -attach x OUT.mkv',
    'ffmpeg -i - -filter_script:v x OUT.mkv',
    'ffmpeg -i - -/filter:v x OUT.mkv',
    'x265 --y4m --csv=/tmp/x -o OUT.mkv -',
    'x265 --y4m --input ~/x -o OUT.mkv',
    'ffmpeg -i - -x265-params csv=/tmp/x OUT.mkv',
    'ffmpeg -i - -x264-params "stats=../x" OUT.mkv',
    'x264 --demuxer y4m -o/tmp/x -',
    'x264 --demuxer y4m -vo../x -',
    String.raw`ffmpeg -i - -x265-params 'csv=\/tmp/x' OUT.mkv`,
    `ffmpeg -i - -x265-params "csv=.''./x" OUT.mkv`,
    String.raw`ffmpeg -i - -vf 'm\ovie=x' OUT.mkv`,
    'ffmpeg -i - -vf movie@a-b=x OUT.mkv',
    'ffmpeg -i - OUT.m3u8',
    "x265 --y4m --recon-y4m-exec 'sh -c id' -o OUT.hevc -",
    'x265 --y4m --recon-y=id -o OUT.hevc -',
    'SvtAv1EncApp -i - -c x.cfg -b OUT.ivf',
  ])('refuses %s', (text) =>
    expect(() => check(text)).toThrow(expect.objectContaining({ code: 'invalid_argument' })),
  );

  test('program paths are dropped: the agent uses its own', () => {
    expect(check('/opt/x/ffmpeg -i - O.mkv')[0]![0]).toBe('ffmpeg');
  });

  test('no word with a path out of the work directory ever passes', () => {
    const prefix = fc.constantFrom('', '-o', 'x=', 'a:b=', 'stats=', '[in]', 'f,', '"', "'");
    const path = fc.constantFrom(
      '/etc/passwd',
      '../x',
      '..',
      '~/x',
      'C:\\x',
      'file:///x',
      'http://x',
      'a/../../b',
    );
    fc.assert(
      fc.property(prefix, path, (before, text) => {
        const word = before === '-o' ? text : before + text;
        expect(() => checkPrograms([['x264', word]])).toThrow();
      }),
    );
  });

  test('the output name is added to ffmpeg only', () => {
    expect(withOutput([['ffmpeg', '-i', '-']], 'O.mkv')).toEqual([['ffmpeg', '-i', '-', 'O.mkv']]);
    expect(withOutput([['x265', '-']], 'O.mkv')).toBeUndefined();
    expect(withOutput([['x265', '-o', 'O.mkv', '-']], 'O.mkv')).toEqual([['x265', '-o', 'O.mkv', '-']]);
  });
});
