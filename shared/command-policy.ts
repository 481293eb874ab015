import type { Programs } from './command-words.ts';
import { GridError } from './errors.ts';

/** Programs that a command may name unless the operator says otherwise (FinalRip contract 3.5). */
export const DEFAULT_PROGRAMS: readonly string[] = ['ffmpeg', 'x264', 'x265', 'SvtAv1EncApp', 'aomenc'];

/** ffmpeg's protocols (`ffmpeg -protocols` of 5.1 to 8.0) but pipe, which is held to standard input and output. */
const PROTOCOLS =
  'amqp|async|bluray|cache|concat|concatf|crypto|data|dtls|dvd|fd|ffrtmpcrypt|ffrtmphttp|file|ftp|gopher|gophers|hls|http|httpproxy|https|icecast|ipfs_gateway|ipns_gateway|libsrt|libssh|librtmp\\w*|md5|mmsh|mmst|prompeg|rist|rtmp\\w*|rtp|rtsp|sctp|sftp|smb|srt|srtp|subfile|tcp|tee|tls|udp|udplite|unix|zmq|ipfs|ipns';
const PROTOCOL = new RegExp(`^(?:${PROTOCOLS})(?:[:,+]|://)`, 'i');
const PIPE = /^pipe:[01]?$/;
const URL_ANYWHERE = /[a-z][a-z0-9+.-]*:\/\//i;
/** An absolute path at the start or as the value of an option inside of the word. */
const ABSOLUTE = /(?:^|[=:,;'"[\]@+|\s])(?:\/|~|[A-Za-z]:[\\/])/;
const PARENT = /(?:^|[/\\=:,;'"[\]@+|\s])\.\.(?:[/\\=:,;'"[\]@+|\s]|$)/;
/** getopt takes the value of a short option from the same word: `-o/tmp/x`. */
const ATTACHED = /^-[A-Za-z]\w*(?:[/~]|\.\.)/;
/** What is read as a list of further files, or as options: whoever writes such a file chooses paths that nobody checks. */
const LISTS = /\.(?:m3u8?|mpd|f?f?concat|sdp|ism|isml|cfg|conf|avs|vpy|lua|xspf|pls|cue|ffpreset|ffmeta)$/i;

/** A list of words, as one text. */
export const words = (text: string): ReadonlySet<string> => new Set(text.split(/[|\s]+/).filter(Boolean));

/** ffmpeg options that read or write files or reach out, whatever their value. Matched without stream specifier. */
export const FFMPEG_REFUSED = words(
  `report|filter_script|filter_complex_script|progress|vstats|vstats_file|dump_attachment|attach|sdp_file|passlogfile
   protocol_whitelist|protocol_blacklist|format_whitelist|dump|hex|fpre|vpre|apre|spre|pre|lavfi_script|enable_drefs
   use_absolute_path|print_graphs_file|stats_enc_pre|stats_enc_post|stats_mux_pre|safe|graph_file|ifo_palette|sub_name
   sources|sinks|hls_key_info_file|hls_segment_filename|load_plugins|ca_file|cafile|cert_file|key_file|private_key`,
);
/** Options of other encoders that read options from a file or run a program (x265 hands `--recon-y4m-exec` to a shell), abbreviated too. */
const ENCODER_REFUSED = new Map([
  ['SvtAv1EncApp', /^-{1,2}(?:c|config)(?:=|$)/],
  ['aomenc', /^-{1,2}cfg(?:=|$)/],
  ['x265', /^--(?:ab(?:r(?:-[\w-]*)?)?|zo(?:n(?:e(?:f\w*)?)?)?|recon-y[\w-]*)(?:=|$)/],
]);
/** Filters that open files, load code or reach out. */
const FILTER_NAMES = [
  'a?movie|subtitles|ass|lut1d|lut3d|haldclut|drawtext|drawvg|a?metadata|signature|vidstab\\w+|deshake|flite|showcqt',
  'psnr|ssim(?:360)?|libvmaf\\w*|xpsnr|vmafmotion|a?zmq|a?sendcmd|frei0r\\w*|ladspa|lv2|libplacebo|ocr|dnn_\\w+|sr|derain',
  'removelogo|find_rect|cover_rect|\\w*opencl\\w*|asr|whisper|lensfun|arnndn|sofalizer|curves|nnedi|paletteuse',
  'fieldhint|firequalizer|selectivecolor|cellauto|life|qrencode\\w*|coreimage\\w*|ddagrab|gfxcapture|loudnorm',
].join('|');
const FILTER = new RegExp(`^(?:${FILTER_NAMES})$`, 'i');
export const FILTER_OPTION = /^-{1,2}(?:vf|af|filter|filter_complex|lavfi)(?::|$)/i;
export const MUXERS = words(
  `matroska|mp4|mov|webm|nut|ivf|h264|hevc|obu|av1|mpegts|yuv4mpegpipe|rawvideo|null|avi|flac|ogg|opus|mka|ipod|m4v
   mjpeg|adts|wav|s16le|ac3|eac3`,
);

/** Throws `invalid_argument`. */
export function refuse(reason: string): never {
  throw new GridError('invalid_argument', reason, { details: { field: 'encode' } });
}

/** A word as it stands, and as a program may read it: ffmpeg takes backslashes and quotes out of lists, at every level of them. */
function readings(word: string): string[] {
  return [...new Set([word, word.replaceAll('\\', ''), word.replaceAll(/[\\'"]/g, '')])];
}

function checkReading(word: string, reading: string, lists: RegExp): void {
  if (/^pipe:/i.test(reading)) refuse(`${word}: only standard input and output may be piped`);
  if (PROTOCOL.test(reading) || URL_ANYWHERE.test(reading))
    refuse(`${word}: programs read and write only their work directory`);
  if (ABSOLUTE.test(reading) || ATTACHED.test(reading))
    refuse(`${word}: absolute paths are not allowed; files are plain names in the work directory`);
  if (PARENT.test(reading)) refuse(`${word}: ".." is not allowed in paths`);
  if (lists.test(reading)) refuse(`${word}: files that name other files are not allowed`);
}

/** No path out of the work directory, no protocol, no control character; `lists`: names of files that name other files. */
export function checkWord(word: string, lists = LISTS): void {
  if (PIPE.test(word)) return;
  for (const reading of readings(word)) checkReading(word, reading, lists);
  for (const char of word) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 && char !== '\t') refuse('control characters are not allowed');
  }
}

/** The parts of a filter graph that may name a refused filter. Quotes and links are passed over, so arguments count as names too. */
export function filesInGraph(graph: string): { name: string; part: string }[] {
  const plain = graph.replaceAll(/[\\'"]/g, '');
  const parts = plain
    .split(/[,;[\]]/)
    .map((part) => ({ name: /^\s*([^=@\s]*)/.exec(part)?.[1] ?? '', part }));
  return parts.filter(({ name }) => FILTER.test(name));
}

function checkFfmpeg(argv: readonly string[]): void {
  argv.forEach((word, position) => {
    const value = argv[position + 1] ?? '';
    const option = /^-{1,2}([^:]+)/.exec(word)?.[1]?.toLowerCase();
    if (option === undefined) return;
    if (option.startsWith('/')) refuse(`${word}: options from files are not allowed`);
    if (FFMPEG_REFUSED.has(option))
      refuse(`ffmpeg option ${word} is not allowed: it reads or writes files of its own`);
    if (option === 'i' && value !== '-' && !PIPE.test(value)) {
      refuse(`ffmpeg -i ${value}: the only input is the filtered video, -i -`);
    }
    if (option === 'f' && value !== '-' && !MUXERS.has(value))
      refuse(`ffmpeg -f ${value} is not allowed here`);
    if (FILTER_OPTION.test(word) && filesInGraph(value).length > 0)
      refuse(`ffmpeg ${word} ${value}: filters that open files are not allowed`);
  });
}

function checkEncoder(name: string, argv: readonly string[]): void {
  const word = argv.find((one) => ENCODER_REFUSED.get(name)?.test(one));
  if (word !== undefined)
    refuse(`${name} option ${word} is not allowed: it reads options from a file, or runs a program`);
}

/** Basename of the program that a word names: a path before it is only where the user's own machine keeps it. */
export function programName(word: string): string {
  return word.split('/').at(-1) ?? '';
}

/**
 * Holds parsed programs to what an agent may run (M7): allowed programs, no path out of the work directory, no network, no
 * option that opens other files. Returns the programs with their bare names. The sandbox is the second wall.
 */
export function checkPrograms(programs: Programs, allowed: readonly string[] = DEFAULT_PROGRAMS): Programs {
  return programs.map((argv) => {
    const name = programName(argv[0] ?? '');
    if (!allowed.includes(name))
      refuse(`the program ${name || '(none)'} is not one of ${allowed.join(', ')}`);
    const rest = argv.slice(1);
    for (const word of rest) checkWord(word);
    if (name === 'ffmpeg') checkFfmpeg(rest);
    else checkEncoder(name, rest);
    return [name, ...rest];
  });
}

/** Adds the output name where it is missing and can only be meant: as ffmpeg's last word. Undefined: it cannot be added. */
export function withOutput(programs: Programs, outputName: string): Programs | undefined {
  const last = programs.at(-1) ?? [];
  if (last.includes(outputName)) return programs;
  if (last[0] !== 'ffmpeg') return undefined;
  return [...programs.slice(0, -1), [...last, outputName]];
}
