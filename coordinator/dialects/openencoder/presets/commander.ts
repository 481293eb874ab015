import { invalid } from '../errors.ts';

/** A section of a preset as ffmpeg-commander writes it. */
type Section = Readonly<Record<string, unknown>>;

function refuse(where: string, why: string): never {
  throw invalid(`data is not valid: ${where} ${why}`);
}

/** Values of one section by name: text or number as text, switches as true or false; absent ones are empty or false. */
class Values {
  readonly #name: string;
  readonly #section: Section;

  constructor(name: string, section: unknown) {
    if (section !== undefined && section !== null && (typeof section !== 'object' || Array.isArray(section)))
      refuse(name, 'must be an object');
    this.#name = name;
    this.#section = (section ?? {}) as Section;
  }

  /** The value, unless it is absent, empty or one of the `neutral` words. What does not fit `form` is refused. */
  text(key: string, form: RegExp, neutral: readonly string[] = []): string | undefined {
    const value = this.#section[key] ?? '';
    if (typeof value !== 'string' && typeof value !== 'number')
      refuse(`${this.#name}.${key}`, 'must be a text or a number');
    const text = String(value).trim();
    if (text === '' || neutral.includes(text)) return undefined;
    if (!form.test(text)) refuse(`${this.#name}.${key}`, `is ${JSON.stringify(text)}: that is not possible`);
    return text;
  }

  /** As `text`, for numbers that are neutral whatever way they are written. */
  number(key: string, neutral: number): string | undefined {
    const text = this.text(key, /^-?\d{1,9}(\.\d{1,9})?$/);
    return text === undefined || Number(text) === neutral ? undefined : text;
  }

  flag(key: string): boolean {
    const value = this.#section[key] ?? false;
    if (typeof value !== 'boolean') refuse(`${this.#name}.${key}`, 'must be true or false');
    return value;
  }
}

const WORD = /^[\w.+-]{1,64}$/;
const TIME = /^[\d:.]{1,20}$/;
const RATE = /^\d{1,12}(\.\d{1,6})?[kKmMgG]?$/;
const NUMBER = /^\d{1,9}(\.\d{1,9})?$/;
const FRAME_RATE = /^\d{1,6}(\.\d{1,6})?(\/\d{1,6})?$/;
const SIZE = /^-?\d{1,5}$/;
const EXPRESSION = /^[\w.*+()-]{1,64}(\/[\w.*+()-]{1,64})?$/;
const ASPECT = /^\d{1,5}(\.\d{1,5})?([:/]\d{1,5})?$/;
const ENCODER_OPTIONS = /^[\w.,:;=+/ -]{1,2000}$/;
const ANY = /^[^\0]{0,64}$/;

const DENOISE = new Map([
  ['light', 'removegrain=22'],
  ['medium', 'vaguedenoiser=threshold=3:method=soft:nsteps=5'],
  ['heavy', 'vaguedenoiser=threshold=6:method=soft:nsteps=5'],
]);
const DEINTERLACE = ['frame', 'field', 'frame_nospatial', 'field_nospatial'];
const FILTER_SWITCHES = ['deband', 'deshake', 'deflicker', 'dejudder'];

/** `-name value`, where there is a value. */
function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}

function clipArguments(format: Values): string[] {
  if (!format.flag('clip')) return [];
  return [...option('-ss', format.text('startTime', TIME)), ...option('-to', format.text('stopTime', TIME))];
}

function videoArguments(video: Values): string[] {
  const codec = video.text('codec', WORD);
  const crf = video.text('crf', NUMBER);
  const encoder = /^libx26[45]$/.test(codec ?? '') ? codec?.slice(3) : undefined;
  const encoderOptions = video.text('codec_options', ENCODER_OPTIONS);
  return [
    ...option('-c:v', codec),
    ...option('-preset', video.text('preset', WORD, ['none'])),
    ...option('-crf', video.text('pass', WORD) === 'crf' ? crf : undefined),
    ...(video.flag('faststart') ? ['-movflags', 'faststart'] : []),
    ...option('-b:v', video.text('bitrate', RATE, ['0'])),
    ...option('-minrate', video.text('minrate', RATE, ['0'])),
    ...option('-maxrate', video.text('maxrate', RATE, ['0'])),
    ...option('-bufsize', video.text('bufsize', RATE, ['0'])),
    ...option('-g', video.text('gopsize', NUMBER, ['0'])),
    ...option('-pix_fmt', video.text('pixel_format', WORD, ['auto'])),
    ...option('-r', video.text('frame_rate', FRAME_RATE, ['auto', 'source'])),
    ...option('-tune', video.text('tune', WORD, ['none'])),
    ...option('-profile:v', video.text('profile', WORD, ['none'])),
    ...option('-level', video.text('level', WORD, ['none'])),
    ...option('-aspect', video.text('aspect', ASPECT, ['auto'])),
    ...(encoder === undefined ? [] : option(`-${encoder}-params`, encoderOptions)),
  ];
}

function scale(video: Values): string | undefined {
  const size = video.text('size', /^(custom|-?\d{1,5})$/, ['source']);
  const [width, height] = [video.text('width', SIZE), video.text('height', SIZE)];
  const scaling = video.text('scaling', WORD, ['auto']);
  const isWide = video.text('format', ANY) === 'widescreen';
  if (size === undefined) return undefined;
  if (size === 'custom' && (width === undefined || height === undefined))
    refuse('video.size', 'is "custom": give width and height');
  const text = size === 'custom' ? `${width}:${height}` : isWide ? `${size}:-1` : `-1:${size}`;
  return `scale=${text}${scaling === undefined ? '' : `:flags=${scaling}`}`;
}

function colours(filter: Values): string | undefined {
  const parts = [
    ['contrast', filter.number('contrast', 1)],
    ['brightness', filter.number('brightness', 0)],
    ['saturation', filter.number('saturation', 0)],
    ['gamma', filter.number('gamma', 0)],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return parts.length === 0 ? undefined : `eq=${parts.join(':')}`;
}

function videoFilters(video: Values, filter: Values): string[] {
  const speed = video.text('speed', EXPRESSION, ['auto']);
  const deinterlace = DEINTERLACE.indexOf(filter.text('deinterlace', ANY) ?? '');
  const parts = [
    speed === undefined ? undefined : `setpts=${speed}`,
    scale(video),
    ...FILTER_SWITCHES.filter((name) => filter.flag(name)),
    DENOISE.get(filter.text('denoise', ANY) ?? ''),
    deinterlace < 0 ? undefined : `yadif=${deinterlace}:-1:0`,
    colours(filter),
  ].filter((part) => part !== undefined);
  return parts;
}

function audioArguments(audio: Values): string[] {
  const channel = audio.text('channel', NUMBER, ['source']);
  const quality = audio.text('quality', /^(custom|\d{1,9}(\.\d{1,6})?[kKmM]?)$/, ['auto']);
  const rate = audio.text('bitrate', RATE, ['auto', '0']);
  const sampleRate =
    audio.text('sample_rate', NUMBER, ['auto']) ?? audio.text('sampleRate', NUMBER, ['auto']);
  return [
    ...option('-c:a', audio.text('codec', WORD)),
    ...(channel === undefined ? [] : ['-rematrix_maxval', '1.0', '-ac', channel]),
    ...option('-b:a', quality === 'custom' ? rate : quality),
    ...option('-ar', sampleRate),
  ];
}

function audioFilters(audio: Values, filter: Values): string[] {
  const percent = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${name}=${(Number(value) / 100).toFixed(2)}`];
  return [
    ...percent('volume', audio.number('volume', 100)),
    ...percent('acontrast', filter.number('acontrast', 33)),
  ];
}

/** What a preset in ffmpeg-commander's form asks for. */
export interface Commander {
  readonly argv: readonly string[];
  readonly isTwoPass: boolean;
}

/** Translates such a preset (contract 3.5 B); every value is held to its form, so none can add an option or a filter. */
export function commanderArguments(data: Readonly<Record<string, unknown>>): Commander {
  const [format, video] = [new Values('format', data['format']), new Values('video', data['video'])];
  const [audio, filter] = [new Values('audio', data['audio']), new Values('filter', data['filter'])];
  const [vf, af] = [videoFilters(video, filter), audioFilters(audio, filter)];
  const argv = [
    ...clipArguments(format),
    ...videoArguments(video),
    ...(vf.length === 0 ? [] : ['-vf', vf.join(',')]),
    ...audioArguments(audio),
    ...(af.length === 0 ? [] : ['-af', af.join(',')]),
  ];
  return { argv, isTwoPass: video.text('pass', WORD) === '2' };
}
