import {
  checkWord,
  FFMPEG_REFUSED,
  FILTER_OPTION,
  filesInGraph,
  MUXERS,
  programName,
  refuse,
  words,
} from './command-policy.ts';
import type { Programs } from './command-words.ts';

/** The word of a command that stands for its source. */
export const MEDIA_SOURCE = 'CLIPGRID_SOURCE';
/** The name of the source where a command is run. */
export const SOURCE_FILE = 'source';
/** As many passes as anybody makes. */
const MAX_PROGRAMS = 4;
const MAX_WORDS = 1_000;
const MAX_WORD_CHARS = 8 * 1024;

/** Of these a file is only what a command writes, beside everything else that it writes. */
const ALLOWED_OPTIONS = words('hls_segment_filename');
const REFUSED_OPTIONS = words('strftime_mkdir hls_enc_key_url mpd_profile_url utc_timing_url lhls_url');
const MORE_MUXERS = words(
  `hls dash segment stream_segment ssegment image2 gif apng webp webvtt srt ass mp2 mp3 oga ogv 3gp 3g2 flv f4v mpeg vob
   dvd mxf aiff caf w64 au asf wv tta psp ismv`,
);
/** Files that name other files, less those that a command may write: nothing reads them afterwards. */
const LISTS = /\.(?:f?f?concat|sdp|cfg|conf|avs|vpy|lua|xspf|pls|cue|ffpreset|ffmeta)$/i;
/** Filters that touch a file only by one of these options, which none of their first five is. */
const FILE_OPTION = /(?:^|[^\w])(?:filename|stats_file|psfile|plot|dumpfile|debug_kdtree)\s*=/i;
const MOSTLY_HARMLESS = /^(?:deshake|loudnorm|curves|firequalizer|selectivecolor|paletteuse)$/i;
const SAFE_POSITIONAL = 5;

/** Options of ffmpeg that take no value. */
const FLAGS = words(
  `y n an vn sn dn re shortest hide_banner nostdin stdin stats nostats copyts start_at_zero bitexact copy_unknown
   ignore_unknown accurate_seek noaccurate_seek autorotate noautorotate autoscale noautoscale reinit_filter xerror
   benchmark benchmark_all vstats qphist find_stream_info nofind_stream_info fix_sub_duration`,
);

/** Name of an option as ffmpeg reads it, without its stream; undefined: the word is none. */
function optionOf(word: string): string | undefined {
  return /^-{1,2}([^:]+)/.exec(word)?.[1]?.toLowerCase();
}

/** Words of an ffmpeg command, without the program, that are neither options nor their values: the files that it writes. */
export function outputsOf(argv: readonly string[]): string[] {
  const outputs: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    const option = word === '-' ? undefined : optionOf(word);
    if (option === undefined) outputs.push(word);
    else if (!FLAGS.has(option)) i++;
  }
  return outputs;
}

function checkGraph(word: string, graph: string): void {
  const plain = graph.replaceAll(/[\\'"]/g, '');
  for (const { name, part } of filesInGraph(graph)) {
    const values = part.slice(part.indexOf('=') + 1).split(':');
    const positional = part.includes('=') ? values.filter((value) => !value.includes('=')).length : 0;
    const harmless = MOSTLY_HARMLESS.test(name) && !FILE_OPTION.test(plain) && positional <= SAFE_POSITIONAL;
    if (!harmless) refuse(`ffmpeg ${word} ${graph}: filters that open files are not allowed (${name})`);
  }
}

function checkOption(word: string, value: string): void {
  const option = optionOf(word);
  if (option === undefined) return;
  if (option.startsWith('/')) refuse(`${word}: options from files are not allowed`);
  if (REFUSED_OPTIONS.has(option) || (FFMPEG_REFUSED.has(option) && !ALLOWED_OPTIONS.has(option)))
    refuse(`ffmpeg option ${word} is not allowed: it reads or writes files of its own, or reaches out`);
  if (option === 'f' && !MUXERS.has(value) && !MORE_MUXERS.has(value))
    refuse(`ffmpeg -f ${value} is not allowed here`);
  if (FILTER_OPTION.test(word)) checkGraph(word, value);
}

/** The one input is the source, and what ffmpeg is told before it says nothing of how to read it. */
function checkInput(argv: readonly string[]): void {
  const inputs = argv.flatMap((word, i) => (optionOf(word) === 'i' && word !== '-' ? [i] : []));
  const [at, ...more] = inputs;
  if (at === undefined || more.length > 0 || argv[at + 1] !== MEDIA_SOURCE)
    refuse(`the only input is the source, -i ${MEDIA_SOURCE}, once`);
  if (argv.filter((word) => word === MEDIA_SOURCE).length > 1)
    refuse(`${MEDIA_SOURCE} is the source: nothing can be written to it`);
  if (argv.slice(0, at).some((word) => optionOf(word) === 'f'))
    refuse('what the source is, ffmpeg finds out: -f belongs behind the input');
}

/** Standard output is where ffmpeg tells of its progress: only nothing (`-f null -`) may be written there. */
function checkStandardOutput(argv: readonly string[]): void {
  const pipes = argv.flatMap((word, i) => (word === '-' || /^pipe:/i.test(word) ? [i] : []));
  if (pipes.length === 0) return;
  const muxer = argv[argv.findLastIndex((word) => optionOf(word) === 'f') + 1];
  const thrownAway = pipes.length === 1 && pipes[0] === argv.length - 1 && argv.at(-1) === '-';
  if (!thrownAway || muxer !== 'null') refuse('files are written by name; only -f null may go to -');
}

function checkProgram(argv: readonly string[]): string[] {
  const name = programName(argv[0] ?? '');
  if (name !== 'ffmpeg') refuse(`the program ${name || '(none)'} is not ffmpeg`);
  const rest = argv.slice(1);
  if (rest.length > MAX_WORDS) refuse(`it has more than ${MAX_WORDS} words`);
  checkInput(rest);
  checkStandardOutput(rest);
  rest.forEach((word, i) => {
    if (word.length > MAX_WORD_CHARS) refuse(`it has a word of more than ${MAX_WORD_CHARS} characters`);
    if (word === MEDIA_SOURCE) return;
    checkWord(word, LISTS);
    checkOption(word, rest[i + 1] ?? '');
  });
  if (outputsOf(rest).length === 0) refuse('it writes nothing: its last word is the name of a file');
  if (outputsOf(rest).includes(SOURCE_FILE))
    refuse(`${SOURCE_FILE} is the name of the input, not of an output`);
  return [name, ...rest];
}

/**
 * Holds a command that works on a whole source to what an agent may run (M7): ffmpeg only, its one input the source
 * (`-i CLIPGRID_SOURCE`), no protocol, no absolute path or `..`, no option or filter that opens other files. Programs run one
 * after another, each an argument vector; the last word of the last one is `outputName`. Throws `invalid_argument` that says
 * what is wrong. Returns the programs with their bare names.
 */
export function checkMediaCommand({
  programs,
  outputName,
}: {
  readonly programs: Programs;
  readonly outputName: string;
}): Programs {
  if (programs.length === 0 || programs.length > MAX_PROGRAMS)
    refuse(`a command is 1 to ${MAX_PROGRAMS} programs, not ${programs.length}`);
  const checked = programs.map(checkProgram);
  if (checked.at(-1)?.at(-1) !== outputName)
    refuse(`the last word of the command is its output, ${outputName}`);
  return checked;
}
