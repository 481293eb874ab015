import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filmOf, mayBeSplit } from '../../../../../coordinator/dialects/openencoder/clips/film.ts';
import { SPLITTABLE } from '../../../../../coordinator/dialects/openencoder/clips/option-table.ts';
import { presetCommand } from '../../../../../coordinator/dialects/openencoder/presets/preset-data.ts';

const PICTURE = {
  codec_type: 'video',
  codec_name: 'h264',
  pix_fmt: 'yuv420p',
  r_frame_rate: '25/1',
  avg_frame_rate: '25/1',
  start_time: '0.000000',
  field_order: 'progressive',
  color_space: 'bt709',
};
const SOUND = { codec_type: 'audio', codec_name: 'aac', start_time: '0.000000' };
const FORMAT = { start_time: '0.000000', duration: '60.000000' };

function probe(streams: readonly object[] = [PICTURE, SOUND], format: object = FORMAT): string {
  return JSON.stringify({ streams, format });
}

function splits(data: object, output = 'o.mp4', probeJson = probe()): boolean {
  return mayBeSplit({ command: presetCommand(JSON.stringify(data)), output, probeJson }) !== undefined;
}

const raw = (...words: string[]): object => ({ raw: words });

/** The template of the contract's examples (3.5). */
function template(sections: Readonly<Record<string, object>> = {}): object {
  const rates = { bitrate: '3000k', minrate: '3000k', maxrate: '3000k', bufsize: '3000k' };
  return {
    ...sections,
    video: { codec: 'libx264', pass: '1', crf: 23, ...rates, ...sections['video'] },
    audio: { codec: 'copy', ...sections['audio'] },
  };
}

const H264 = (height: number, profile: string, level: string, rate: string): object =>
  raw(
    `-vf scale=-2:${height}`,
    '-c:v libx264',
    `-profile:v ${profile}`,
    `-level:v ${level}`,
    '-x264opts scenecut=0:open_gop=0:min-keyint=72:keyint=72',
    `-minrate ${rate}`,
    `-maxrate ${rate}`,
    `-bufsize ${rate}`,
    `-b:v ${rate}`,
    '-y',
  );
const ALL_SWITCHES = {
  filter: {
    deband: true,
    deshake: true,
    deflicker: true,
    dejudder: true,
    denoise: 'light',
    deinterlace: 'frame',
  },
};

describe('commands that may be split (contract 3.1)', () => {
  it.each<[string, object, string?]>([
    ['preset 1', H264(360, 'baseline', '3.0', '600k')],
    ['preset 2', H264(480, 'main', '3.1', '1000k')],
    ['preset 3', H264(720, 'main', '4.0', '3000k')],
    ['preset 4', H264(1080, 'main', '4.2', '6000k')],
    [
      'preset 5',
      raw(
        '-vf scale=-2:720',
        '-c:v libvpx-vp9',
        '-level:v 4.0',
        '-b:v 3000k',
        '-pix_fmt yuv420p',
        '-f webm',
        '-y',
      ),
      'webm_vp9_3000_720.webm',
    ],
    ['T', template()],
    ['T, pass crf', template({ video: { pass: 'crf' } })],
    ['T, pixel_format', template({ video: { pixel_format: 'yuv420p' } })],
    ['T, size 1280', template({ video: { size: '1280', format: 'widescreen', scaling: 'lanczos' } })],
    ['T, size custom', template({ video: { size: 'custom', width: 640, height: 360 } })],
    ['T, colours', template({ filter: { brightness: 0.1, contrast: 1.2, saturation: 2, gamma: 1.5 } })],
    [
      'T, audio',
      template({ audio: { codec: 'aac', channel: 2, quality: '128k', sample_rate: 44100, volume: 50 } }),
    ],
    ['T, libx265', template({ video: { codec: 'libx265', codec_options: 'keyint=60' } })],
    [
      'T, words',
      template({
        video: { preset: 'fast', faststart: true, tune: 'film', profile: 'high', level: '4.1' },
      }),
    ],
    ['T, filters of single frames', template({ filter: { deband: true, denoise: 'heavy' } })],
  ])('%s', (_, data, output) => {
    expect(splits(data, output)).toBe(true);
  });

  it.each<[string, object, string?]>([
    ['T, clip', template({ format: { clip: true, startTime: '00:00:01', stopTime: '00:00:03' } })],
    ['T, all switches', template(ALL_SWITCHES)],
    ['T, speed', template({ video: { speed: '0.5*PTS' } })],
    ['T, frame rate', template({ video: { frame_rate: '30' } })],
    ['T, two passes', template({ video: { pass: '2' } })],
    ['T, aspect', template({ video: { aspect: '16:9' } })],
    ...['deshake', 'deflicker', 'dejudder'].map(
      (name) => [`T, ${name}`, template({ filter: { [name]: true } })] as [string, object],
    ),
    ['T, deinterlace', template({ filter: { deinterlace: 'frame' } })],
    ['copied picture', raw('-c:v copy')],
    ['everything copied', raw('-c copy')],
    ['no codec', raw('-b:v 1000k')],
    ['HLS', raw('-c:v libx264', '-f hls'), 'o.m3u8'],
    ['HLS by name', raw('-c:v libx264'), 'o.m3u8'],
    ['DASH', raw('-c:v libx264', '-f dash'), 'o.mpd'],
    ['segments', raw('-c:v libx264', '-f segment')],
    ['-ss', raw('-ss 1', '-c:v libx264')],
    ['-t', raw('-c:v libx264', '-t 3')],
    ['-to', raw('-c:v libx264', '-to 3')],
    ['a graph', raw('-c:v libx264', '-filter_complex [0:v]hflip')],
    ['frames by number', raw('-c:v libx264', '-frames:v 10')],
    ['keyframes by time', raw('-c:v libx264', "-force_key_frames 'expr:gte(t,n_forced*2)'")],
    ['zones', raw('-c:v libx264', '-x264opts zones=0,100,q=20')],
    ['an expression', raw('-c:v libx264', '-vf scale=iw+n:-2')],
    ['interpolation', raw('-c:v libx264', '-vf minterpolate=fps=60')],
    ['fps', raw('-c:v libx264', '-vf fps=10')],
    ['denoise in time', raw('-c:v libx264', '-vf hqdn3d')],
    ['no sound', raw('-c:v libx264', '-an')],
    ['no picture', raw('-vn', '-c:a aac')],
    ['a map', raw('-c:v libx264', '-map 0')],
    ['an option twice', raw('-c:v libx264', '-c:v libx265')],
    ['a faster sound', raw('-c:v libx264', '-af atempo=2')],
    ['another container', raw('-c:v libx264'), 'o.mov'],
    ['H.264 in WebM', raw('-c:v libx264'), 'o.webm'],
    ['AAC in WebM', raw('-c:v libvpx-vp9', '-c:a aac'), 'o.webm'],
    ['copied and filtered sound', raw('-c:v libx264', '-c:a copy', '-b:a 96k')],
  ])('but not %s', (_, data, output) => {
    expect(splits(data, output)).toBe(false);
  });

  it('unless everything in them is known', () => {
    const base = ['-c:v', 'libx264', '-crf', '20'];
    const name = fc.stringMatching(/^[a-z_]{1,12}(:[va])?$/).filter((one) => !SPLITTABLE.has(one));
    const value = fc.stringMatching(/^[a-z0-9=.]{1,12}$/);
    fc.assert(
      fc.property(name, value, fc.nat(2), (option, text, place) => {
        const argv = [...base.slice(0, 2 * place), `-${option}`, text, ...base.slice(2 * place)];
        const command = { argv, isTwoPass: false };
        // Some names are of options without a value: then the rest is no command at all.
        let parts: unknown;
        try {
          parts = mayBeSplit({ command, output: 'o.mp4', probeJson: probe() });
        } catch {
          return;
        }
        expect(parts).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('unless all filters are known', () => {
    const name = fc
      .stringMatching(/^[a-z0-9_]{1,12}$/)
      .filter(
        (one) =>
          !/^(scale|eq|crop|pad|hflip|vflip|deband|removegrain|vaguedenoiser|unsharp|gblur|format|setsar|null)$/.test(
            one,
          ),
      );
    fc.assert(
      fc.property(name, fc.nat(2), (filter, place) => {
        const chain = ['hflip', 'scale=-2:360'].toSpliced(place, 0, filter).join(',');
        const command = { argv: ['-c:v', 'libx264', '-vf', chain], isTwoPass: false };
        expect(mayBeSplit({ command, output: 'o.mp4', probeJson: probe() })).toBeUndefined();
      }),
    );
  });
});

describe('sources that may be split', () => {
  const of = (streams: readonly object[], format?: object): boolean =>
    splits(template(), 'o.mp4', probe(streams, format));
  it('have one picture, perhaps one sound', () => {
    expect(of([PICTURE, SOUND])).toBe(true);
    expect(of([PICTURE])).toBe(true);
    expect(of([SOUND])).toBe(false);
    expect(of([PICTURE, PICTURE])).toBe(false);
    expect(of([PICTURE, SOUND, SOUND])).toBe(false);
    expect(of([PICTURE, SOUND, { codec_type: 'subtitle' }])).toBe(false);
    expect(of([PICTURE, SOUND, { codec_type: 'data' }])).toBe(false);
    expect(of([])).toBe(false);
  });
  it.each<[string, object]>([
    ['a rate that changes', { avg_frame_rate: '24/1' }],
    ['no rate', { r_frame_rate: '0/0', avg_frame_rate: '0/0' }],
    ['fields', { field_order: 'tt' }],
    ['a turned picture', { side_data_list: [{ side_data_type: 'Display Matrix', rotation: 90 }] }],
    ['a turned picture, as older files say', { tags: { rotate: '90' } }],
    ['HDR', { side_data_list: [{ side_data_type: 'Mastering display metadata' }] }],
    ['full range', { color_range: 'pc' }],
    ['RGB', { pix_fmt: 'gbrp' }],
    ['a late picture', { start_time: '0.021' }],
    ['a cover', { disposition: { attached_pic: 1 } }],
    ['a strange name of colours', { color_space: 'bt709,vflip' }],
  ])('but not with %s', (_, more) => {
    expect(of([{ ...PICTURE, ...more }, SOUND])).toBe(false);
  });
  it('are long enough for a few clips, and begin together', () => {
    expect(of([PICTURE, SOUND], { ...FORMAT, duration: '29.9' })).toBe(false);
    expect(of([PICTURE, SOUND], { start_time: '0.000000' })).toBe(false);
    expect(of([PICTURE, { ...SOUND, start_time: '0.5' }])).toBe(false);
    expect(of([{ ...PICTURE, start_time: '0.015' }, SOUND])).toBe(true);
    expect(of([PICTURE, { ...SOUND, codec_name: 'pcm_s16le' }])).toBe(false);
  });
});

describe('the film', () => {
  const source = { bucket: 'b', key: 'k', sizeBytes: 1 };
  const film = (data: object, output: string, slots = 4) =>
    filmOf(
      { command: presetCommand(JSON.stringify(data)), output, probeJson: probe() },
      { source, indexOf: 'look', slots },
    );
  it('has the filters behind the colours, and sound once in the container of the result', () => {
    const spec = film(
      raw('-vf hflip', '-c:v libx264', '-crf 20', '-b:a 96k', '-movflags +faststart'),
      'o.mp4',
    );
    expect(spec).toMatchObject({ indexOf: 'look', container: 'mp4', constantRate: true });
    expect(spec?.command.programs).toEqual([
      [
        ...['ffmpeg', '-hide_banner', '-loglevel', 'error', '-i', '-'],
        ...['-vf', 'setparams=colorspace=bt709,hflip', '-c:v', 'libx264', '-crf', '20', '-y', 'segment.mkv'],
      ],
    ]);
    expect(spec?.audio?.programs).toEqual([
      [
        ...['ffmpeg', '-hide_banner', '-loglevel', 'error', '-i', 'CLIPGRID_AUDIO.mkv'],
        ...['-b:a', '96k', '-y', 'sound.mp4'],
      ],
    ]);
  });
  it('carries copied sound, and has clips by the number of slots', () => {
    expect(film(template(), 'o.mkv')?.audio).toBeUndefined();
    expect([1, 2, 100].map((slots) => film(template(), 'o.mkv', slots)?.clips.targetS)).toEqual([20, 10, 8]);
  });
});
