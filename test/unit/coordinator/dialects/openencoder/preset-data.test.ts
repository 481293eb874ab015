import { describe, expect, it } from 'vitest';
import {
  checkOutputName,
  presetCommand,
} from '../../../../../coordinator/dialects/openencoder/presets/preset-data.ts';

const RATES = { bitrate: '3000k', minrate: '3000k', maxrate: '3000k', bufsize: '3000k' };
const VIDEO = {
  codec: 'libx264',
  preset: 'none',
  pass: '1',
  crf: 23,
  ...RATES,
  gopsize: '0',
  pixel_format: 'auto',
  frame_rate: 'auto',
  speed: 'auto',
  tune: 'none',
  profile: 'none',
  level: 'none',
  faststart: false,
  size: 'source',
  width: '1080',
  height: '1920',
  format: 'widescreen',
  aspect: 'auto',
  scaling: 'auto',
  codec_options: '',
};
const AUDIO = { codec: 'copy', channel: 'source', quality: 'auto', sampleRate: 'auto', volume: '100' };
const FILTER = {
  deband: false,
  deshake: false,
  deflicker: false,
  dejudder: false,
  denoise: 'none',
  deinterlace: 'none',
  brightness: '0',
  contrast: '1',
  saturation: '0',
  gamma: '0',
  acontrast: '33',
};

interface Changes {
  readonly format?: object;
  readonly video?: object;
  readonly audio?: object;
  readonly filter?: object;
}

/** The template of contract 3.5, with changes. */
function template({ format, video, audio, filter }: Changes = {}): string {
  return JSON.stringify({
    format: { container: 'mp4', clip: false, startTime: '', stopTime: '', ...format },
    video: { ...VIDEO, ...video },
    audio: { ...AUDIO, ...audio },
    filter: { ...FILTER, ...filter },
  });
}

const argumentsOf = (data: string): string => [...presetCommand(data).argv, '-y'].join(' ');
const raw = (...elements: string[]): string => JSON.stringify({ raw: elements });

const TAIL = '-b:v 3000k -minrate 3000k -maxrate 3000k -bufsize 3000k';
const R = `-c:v libx264 ${TAIL}`;
const ALL_FILTERS = {
  deband: true,
  deshake: true,
  deflicker: true,
  dejudder: true,
  denoise: 'light',
  deinterlace: 'frame',
  brightness: '0.1',
  contrast: '1.2',
  saturation: 2,
  gamma: '1.5',
  acontrast: 50,
};

describe('11. every example row of contract 3.5 B', () => {
  const examples: readonly [string, Changes, string][] = [
    ['the template', {}, `${R} -c:a copy -y`],
    ['pass crf', { video: { pass: 'crf' } }, `-c:v libx264 -crf 23 ${TAIL} -c:a copy -y`],
    [
      'pixel format and frame rate',
      { video: { pixel_format: 'yuv420p', frame_rate: '30' } },
      `${R} -pix_fmt yuv420p -r 30 -c:a copy -y`,
    ],
    [
      'size 1280 widescreen, scaling lanczos',
      { video: { size: '1280', format: 'widescreen', scaling: 'lanczos' } },
      `${R} -vf scale=1280:-1:flags=lanczos -c:a copy -y`,
    ],
    [
      'size custom 640 x 360',
      { video: { size: 'custom', width: '640', height: 360 } },
      `${R} -vf scale=640:360 -c:a copy -y`,
    ],
    [
      'clip 00:00:01 to 00:00:03',
      { format: { clip: true, startTime: '00:00:01', stopTime: '00:00:03' } },
      `-ss 00:00:01 -to 00:00:03 ${R} -c:a copy -y`,
    ],
    [
      'all switches',
      { filter: ALL_FILTERS, audio: { volume: 150 } },
      `${R} -vf deband,deshake,deflicker,dejudder,removegrain=22,yadif=0:-1:0,` +
        'eq=contrast=1.2:brightness=0.1:saturation=2:gamma=1.5 -c:a copy -af volume=1.50,acontrast=0.50 -y',
    ],
    [
      'audio aac',
      { audio: { codec: 'aac', channel: '2', quality: '128k', sample_rate: '44100', volume: '50' } },
      `${R} -c:a aac -rematrix_maxval 1.0 -ac 2 -b:a 128k -ar 44100 -af volume=0.50 -y`,
    ],
    [
      'libx265 with codec_options',
      { video: { codec: 'libx265', codec_options: 'keyint=60' } },
      `-c:v libx265 ${TAIL} -x265-params keyint=60 -c:a copy -y`,
    ],
    [
      'preset, faststart, tune, profile, level',
      { video: { preset: 'fast', faststart: true, tune: 'film', profile: 'high', level: '4.1' } },
      `-c:v libx264 -preset fast -movflags faststart ${TAIL} -tune film -profile:v high -level 4.1 -c:a copy -y`,
    ],
  ];
  it.each(examples)('%s', (_, changes, wanted) => {
    expect(argumentsOf(template(changes))).toBe(wanted);
  });
});

describe('corrections of contract 3.5 B', () => {
  const corrections: readonly [string, Changes, string][] = [
    [
      'an unknown denoise word is no filter',
      { filter: { denoise: 'x', deinterlace: 'y' } },
      `${R} -c:a copy -y`,
    ],
    ['scaling without size is ignored', { video: { scaling: 'lanczos' } }, `${R} -c:a copy -y`],
    [
      'crf may be text and 0',
      { video: { pass: 'crf', crf: '0' } },
      `-c:v libx264 -crf 0 ${TAIL} -c:a copy -y`,
    ],
    ['sampleRate is sample_rate', { audio: { sampleRate: '48000' } }, `${R} -c:a copy -ar 48000 -y`],
    [
      'quality custom is bitrate',
      { audio: { quality: 'custom', bitrate: '96k' } },
      `${R} -c:a copy -b:a 96k -y`,
    ],
    ['gopsize is -g', { video: { gopsize: 60 } }, `${R} -g 60 -c:a copy -y`],
    ['aspect is -aspect', { video: { aspect: '16:9' } }, `${R} -aspect 16:9 -c:a copy -y`],
    [
      'a size that is not wide',
      { video: { size: '720', format: 'fullscreen' } },
      `${R} -vf scale=-1:720 -c:a copy -y`,
    ],
    ['a speed', { video: { speed: '0.5*PTS' } }, `${R} -vf setpts=0.5*PTS -c:a copy -y`],
  ];
  it.each(corrections)('%s', (_, changes, wanted) => {
    expect(argumentsOf(template(changes))).toBe(wanted);
  });

  it('takes a missing filter section for no filter, null for absent and an empty raw for none', () => {
    const data = JSON.stringify({ raw: [], video: { ...VIDEO, bitrate: null }, audio: AUDIO, unknown: 1 });
    expect(argumentsOf(data)).toBe('-c:v libx264 -minrate 3000k -maxrate 3000k -bufsize 3000k -c:a copy -y');
  });

  it('makes a real two-pass run of pass 2', () => {
    expect(presetCommand(template({ video: { pass: '2' } })).isTwoPass).toBe(true);
    expect(presetCommand(template()).isTwoPass).toBe(false);
  });
});

describe('raw arguments (contract 3.5 A)', () => {
  it('splits elements like shell words', () => {
    const { argv } = presetCommand(
      raw('-vf scale=-2:360', `-metadata title="a  b 'c'"`, "-metadata 'x=y z'", '-y'),
    );
    expect(argv).toEqual(['-vf', 'scale=-2:360', '-metadata', "title=a  b 'c'", '-metadata', 'x=y z']);
  });

  it('leaves the escapes of filters alone', () => {
    const { argv } = presetCommand(raw(String.raw`-vf scale=min(1280\,iw):-2,pad=ceil(iw/2)*2:ih`));
    expect(argv[1]).toBe(String.raw`scale=min(1280\,iw):-2,pad=ceil(iw/2)*2:ih`);
  });

  it('takes options whose value starts with a minus, switches, and further muxers', () => {
    const { argv } = presetCommand(
      raw('-map_metadata -1 -an -f hls -hls_time 4 -hls_segment_filename s%03d.ts'),
    );
    expect(argv).toHaveLength(9);
  });

  it('lets other keys be', () => {
    expect(presetCommand('{"raw":["-c copy"],"video":7}').argv).toEqual(['-c', 'copy']);
  });

  it.each([
    '-i /etc/passwd',
    '-i http://a/b',
    '-c copy further.mp4',
    '-c copy -f mp4 - ',
    '-attach x.ttf',
    '-dump_attachment:t x.ttf',
    '-f tee a.mp4|b.mp4',
    '-f concat',
    '-f lavfi',
    '-metadata x=/etc/passwd',
    '-metadata x=../a',
    '-hls_segment_filename /tmp/x%d.ts',
    '-hls_segment_filename ../x%d.ts',
    '-vf movie=x.mp4',
    '-vf drawtext=textfile=x',
    '-vf deshake=filename=x',
    '-filter_complex_script x',
    '-x264-params stats=x',
    '-x265-params csv=x:keyint=1',
    '-progress x',
    '-c:v',
    "-metadata 'x",
    'http://a/b',
    '; rm x',
    '-c copy ; rm x',
    '-protocol_whitelist file',
  ])('refuses %s', (element) => {
    expect(() => presetCommand(raw(element))).toThrow(/data is not valid/);
  });

  it('13. never executes what looks like a shell', () => {
    expect(() => presetCommand(raw('-c copy; rm x'))).toThrow('further output');
    expect(presetCommand(raw('-metadata "a=; rm x"')).argv).toEqual(['-metadata', 'a=; rm x']);
  });
});

describe('12. data that is no preset', () => {
  it.each([
    'not json',
    '[]',
    'null',
    '"x"',
    '7',
    '{"raw":"-c copy"}',
    '{"raw":[1]}',
    '{"video":"x"}',
    '{"video":[]}',
    '{"video":{"codec":{}}}',
    '{"video":{"faststart":"x"}}',
    '{"video":{"codec":"libx264 -i x"}}',
    '{"video":{"speed":"PTS,movie=x"}}',
    '{"video":{"codec":"libx264","codec_options":"stats=x"}}',
    '{"video":{"size":"custom"}}',
    '{"filter":{"brightness":"1:x=2"}}',
  ])('is refused: %s', (data) => {
    expect(() => presetCommand(data)).toThrow(/^data is not valid/);
  });
});

describe('the name of an output', () => {
  it.each(['a/b', 'a\\b', 'a\0', '.', '..', '-y', 'http:x', 'x'.repeat(201)])('is refused: %j', (name) => {
    expect(() => checkOutputName(name)).toThrow(/^output is/);
  });
  it.each(['o.mp4', 'index.m3u8', 'frame%03d.png', 'ä b.mp4', '..x'])('is taken: %s', (name) => {
    expect(checkOutputName(name)).toBe(name);
  });
});
