import { GridError } from '../../../../shared/errors.ts';
import { checkMediaCommand, MEDIA_SOURCE } from '../../../../shared/media-command.ts';
import { invalid } from '../errors.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean));

/** ffmpeg's options without a value, each also with `no` before it. All others take the next word. */
const SWITCHES = words(
  `y n hide_banner stats stdin an vn sn dn shortest autorotate autoscale copyts start_at_zero bitexact re xerror
   ignore_unknown copy_unknown accurate_seek fix_sub_duration psnr debug_ts benchmark benchmark_all find_stream_info
   recast_media copyinkf seek_timestamp qphist intra deinterlace same_quant sameq dump hex`,
);
/** Said once by the common frame of every run. */
const COMMON = words('y n hide_banner');
/** Options that name further files of the result: plain names only. */
const NAMING = words(
  `hls_segment_filename hls_fmp4_init_filename master_pl_name init_seg_name media_seg_name segment_list hls_base_url
   hls_subtitle_path`,
);
const PLAIN_NAME = /^(?!-)[\w%$.-]{1,200}$/;
/** Options of x264 and x265 in one text that read or write files, or run a program. */
const ENCODER_FILES =
  /(?:^|:)\s*(?:stats|cqmfile|qpfile|dump-?_?yuv|opencl[\w-]*|csv[\w-]*|recon[\w-]*|analysis[\w-]*|scaling-list|lambda-file|zone-?file|dhdr10-info|dolby-vision-rpu|tcfile[\w-]*|output|input|abr-ladder|svt|film-grain|aom-film-grain|refine-analysis[\w-]*|nalu-file)\s*(?:=|:|$)/i;
const ENCODER_OPTIONS = words('x264-params x264opts x265-params');

function nameOf(word: string): string | undefined {
  const option = /^--?([a-z/][^:\s]*)/i.exec(word)?.[1]?.toLowerCase();
  return option === undefined || option === '' ? undefined : option;
}

function takesValue(option: string): boolean {
  return !SWITCHES.has(option) && !(option.startsWith('no') && SWITCHES.has(option.slice(2)));
}

function refuse(why: string): never {
  throw invalid(`data is not valid: ${why}`);
}

/** An option as it stands in a command, its name in lower case and without the stream, and its value where it takes one. */
export interface Option {
  readonly word: string;
  readonly name: string;
  readonly value: string | undefined;
}

/** The words of a command's options, in their order; a word that is none is refused. */
export function optionsOf(argv: readonly string[]): Option[] {
  const options: Option[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    const name = nameOf(word);
    if (name === undefined)
      refuse(`${JSON.stringify(word)} would be a further output; the preset's output is the only one`);
    const value = takesValue(name) ? argv[++at] : undefined;
    if (takesValue(name) && value === undefined) refuse(`the option ${word} has no value`);
    options.push({ word, name, value });
  }
  return options;
}

/** Refuses what the common policy cannot know: here the frame around the options is ours. */
function checkOption({ word, name, value = '' }: Option): void {
  if (name === 'i') refuse('-i is not allowed: the source of the job is the only input');
  if (NAMING.has(name) && !PLAIN_NAME.test(value))
    refuse(`${word} ${value}: files of a result have plain names`);
  if (ENCODER_OPTIONS.has(name) && ENCODER_FILES.test(value))
    refuse(`${word} ${value}: it reads or writes a file of its own`);
}

/**
 * Holds a preset's arguments to what may be run: options of exactly one output, no further input or output, no path, no
 * network, no filter or option that opens files. Returns them without what the common frame of every run says.
 */
export function checkArguments(argv: readonly string[]): string[] {
  const options = optionsOf(argv).filter((option) => !COMMON.has(option.name));
  const flat = ({ word, value }: Option): string[] => (value === undefined ? [word] : [word, value]);
  options.forEach(checkOption);
  const outputName = 'output.mp4';
  try {
    const words = options.flatMap(flat);
    checkMediaCommand({ programs: [['ffmpeg', '-i', MEDIA_SOURCE, ...words, outputName]], outputName });
  } catch (error) {
    if (error instanceof GridError && error.code === 'invalid_argument') refuse(error.message);
    throw error;
  }
  return options.flatMap(flat);
}
