import { isOfSingleFrames, keepsLength } from './filters.ts';

/** Whom an option is for: the clips' encoders, the one of the sound, or the file around them. */
type Part = 'picture' | 'sound' | 'file';

interface Rule {
  readonly part: Part;
  fits(value: string): boolean;
}

const WORD = /^[\w.+-]{1,64}$/;
const NUMBER = /^-?\d{1,9}(?:\.\d{1,9})?$/;
const RATE = /^\d{1,12}(?:\.\d{1,6})?[kKmMgG]?$/;

/** Options of x264 and x265 in one text that say the same of a clip and of the whole film. */
const ENCODER_OPTIONS = new Set(
  `keyint min-keyint scenecut open-gop open_gop no-open-gop bframes b-adapt b-pyramid b-bias ref me subme merange
   rc-lookahead aq-mode aq-strength psy-rd psy-rdoq rd rdoq-level deblock no-deblock sao no-sao vbv-maxrate vbv-bufsize
   qcomp qpmin qpmax qpstep ipratio pbratio crf trellis weightp weightb no-weightb direct partitions 8x8dct no-8x8dct
   no-cabac cabac no-mbtree mbtree fast-pskip no-fast-pskip no-dct-decimate nal-hrd level profile log-level rect amp
   limit-refs limit-modes max-merge cutree no-cutree threads aud repeat-headers`
    .split(/\s+/)
    .filter(Boolean),
);

function isEncoderOptions(text: string): boolean {
  return text.split(':').every((one) => {
    const [name = '', value] = one.split('=', 2);
    return ENCODER_OPTIONS.has(name) && (value === undefined || /^[\w.,+-]{1,64}$/.test(value));
  });
}

function rules(part: Part, fits: RegExp | ((value: string) => boolean), names: string): [string, Rule][] {
  const test = typeof fits === 'function' ? fits : (value: string): boolean => fits.test(value);
  return names.split(' ').map((name) => [name, { part, fits: test }]);
}

/** Encoders whose frames, clip by clip, are one stream of theirs. */
const PICTURE_CODECS = /^(?:libx264|libx265|libvpx-vp9)$/;
const SOUND_CODECS = /^(?:aac|libmp3lame|ac3|eac3|libopus|libvorbis|flac|copy)$/;

/**
 * Every option that a command may have and yet be split, by its name with the stream, as it is written. What is not here, or
 * not so, keeps the film whole.
 */
export const SPLITTABLE: ReadonlyMap<string, Rule> = new Map([
  ...rules('picture', PICTURE_CODECS, 'c:v codec:v vcodec'),
  ...rules('picture', WORD, 'preset tune profile:v deadline quality'),
  ...rules('picture', RATE, 'b:v minrate maxrate bufsize minrate:v maxrate:v bufsize:v'),
  ...rules('picture', NUMBER, 'crf qp qmin qmax qcomp g bf refs keyint_min sc_threshold level level:v'),
  ...rules('picture', NUMBER, 'cpu-used row-mt tile-columns tile-rows frame-parallel lag-in-frames'),
  ...rules('picture', NUMBER, 'auto-alt-ref aq-mode threads'),
  ...rules('picture', /^yuv4(?:20|22|44)p(?:10le)?$/, 'pix_fmt'),
  ...rules('picture', isEncoderOptions, 'x264opts x264-params x265-params'),
  ...rules('picture', isOfSingleFrames, 'vf filter:v'),
  ...rules('sound', SOUND_CODECS, 'c:a codec:a acodec'),
  ...rules('sound', RATE, 'b:a'),
  ...rules('sound', NUMBER, 'ac ar ac:a ar:a q:a rematrix_maxval'),
  ...rules('sound', WORD, 'profile:a'),
  ...rules('sound', keepsLength, 'af filter:a'),
  ...rules('file', /^\+?faststart$/, 'movflags'),
  ...rules('file', /^(?:mp4|matroska|webm)$/, 'f'),
]);
