import fc from 'fast-check';

/** Words that belong together, and whether a program that is given them gets out of its work directory. */
interface Piece {
  readonly words: readonly string[];
  /** Undefined: harmless. Else for which program it is an escape. */
  readonly escapes?: 'any' | 'ffmpeg' | 'x265' | 'SvtAv1EncApp' | 'aomenc';
}

const HARMLESS: readonly (readonly string[])[] = [
  ['-c:v', 'libx264'],
  ['-crf', '18'],
  ['-preset', 'slow'],
  ['-vf', 'scale=1280:-2,setsar=1/1'],
  ['-x265-params', 'crf=18:preset=slow:aq-mode=3:deblock=-1,-1'],
  ['-metadata', 'title=a: b, "c" (d); e'],
  ['-metadata', 'comment=Größe 4/5 & <mehr> 100% $HOME `x`'],
  ['-f', 'matroska'],
  ['--y4m'],
  ['-o', 'OUT.mkv'],
  ['--stats', 'x.log'],
  [''],
  ['日本語'],
  ["it's"],
  ['a\\b'],
  ['-'],
  ['pipe:1'],
];

const OUTSIDE: readonly (readonly string[])[] = [
  ...['/etc/passwd', '../x', 'a/../../b', '..', '//x', './../x', '/'].flatMap((path) => [
    [path],
    ['-o', path],
    [`--csv=${path}`],
    ['-x265-params', `crf=1:csv=${path}`],
    ['-x264opts', `stats=${path.replaceAll('/', '\\/').replaceAll('..', '.\\.')}`],
    ['-x264opts', `stats=''${path}`],
    ['-x265-params', `csv='${path}'`],
    [`-o${path}`],
    [`-vo${path}`],
  ]),
  ...'http://x/ HTTPS://x tcp:1.2.3.4:5 concat:a|b file:x subfile,,start,0,end,1,,:x crypto+file:x unix:x pipe:5 pipe:2 async:cache:x ipfs://x data:,x rtp:x srt://x gopher:x ftp://x'
    .split(' ')
    .flatMap((url) => [[url], ['-o', url]]),
  ['-metadata', String.raw`x=http\://x`],
];

const BY_FFMPEG: readonly (readonly string[])[] = [
  ...'tee lavfi hls segment concat dash rtsp x11grab alsa fifo image2 ffmetadata webm_chunk'
    .split(' ')
    .flatMap((name) => [
      ['-f', name],
      ['-f:v', name],
    ]),
  ...'filter_script filter_complex_script attach dump_attachment progress passlogfile vstats_file sdp_file fpre vpre protocol_whitelist graph_file hls_key_info_file hls_segment_filename ifo_palette'
    .split(' ')
    .flatMap((name) => [
      [`-${name}`, 'x'],
      [`-${name}:v`, 'x'],
      [`-${name.toUpperCase()}`, 'x'],
    ]),
  ['-report'],
  ['-/vf', 'x'],
  ['-/filter_complex:0', 'x'],
  ['-i', 'x.mkv'],
  ['-i', ''],
  ['-i', 'pipe:3'],
  ['out.m3u8'],
  ['out.mpd'],
  ...'movie=x amovie=x null,movie=x movie@a-b=x movie@1=x movie,null subtitles=x.srt ass=x drawtext=textfile=x lut3d=x nnedi=weights=x frei0r=x ladspa=x sendcmd=f=x zmq metadata=print:file=x vmafmotion=stats_file=x libvmaf=log_path=x'
    .split(' ')
    .flatMap((filter) => [
      ['-vf', filter],
      ['-filter:v:0', `scale=2:2, ${filter}`],
      ['-filter_complex', `[0:v]${filter}[o]`],
      ['-lavfi', `[0:v]null[a];[a] ${filter}`],
      ['-vf', `${filter[0]}\\${filter.slice(1)}`],
      ['-af', `${filter[0]}''${filter.slice(1)}`],
      ['-vf', filter.toUpperCase().slice(0, 3) + filter.slice(3)],
    ]),
];

const BY_OTHERS: readonly Piece[] = [
  ...['--recon-y4m-exec', '--recon-y4m', '--recon-y'].flatMap((option) => [
    { words: [option, 'sh -c id'], escapes: 'x265' } as const,
    { words: [`${option}=id`], escapes: 'x265' } as const,
  ]),
  { words: ['--abr-ladder', 'x'], escapes: 'x265' },
  { words: ['--abr', 'x'], escapes: 'x265' },
  { words: ['--zonefile=x'], escapes: 'x265' },
  { words: ['-c', 'x'], escapes: 'SvtAv1EncApp' },
  { words: ['--cfg=x'], escapes: 'aomenc' },
];

const PIECES: readonly Piece[] = [
  ...OUTSIDE.map((words) => ({ words, escapes: 'any' as const })),
  ...BY_FFMPEG.map((words) => ({ words, escapes: 'ffmpeg' as const })),
  ...BY_OTHERS,
];

/** How a shell's user may write a word; all mean the same. */
const QUOTINGS: readonly ((word: string) => string)[] = [
  (word) => (/^[\w./:=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`),
  (word) => `'${word.replaceAll("'", `'"'"'`)}'`,
  (word) => `"${word.replaceAll(/["\\$`]/g, '\\$&')}"`,
  (word) => (word === '' ? '""' : Array.from(word, (char) => `\\${char}`).join('')),
  (word) =>
    `''"${word.slice(0, 2).replaceAll(/["\\$`]/g, '\\$&')}"'${word.slice(2).replaceAll("'", `'\\''`)}'`,
];

/** What a shell would act on: never part of a command. */
const SHELL = [
  '; id',
  '& id',
  '&& id',
  '|| id',
  '$(id)',
  '${x}',
  '`id`',
  '> x',
  '< x',
  '(id)',
  '\n id',
  '\r',
  '| sh',
  '| tee x',
  '|',
];
const ALLOWED = ['ffmpeg', '/opt/x/ffmpeg', 'x264', 'x265', 'SvtAv1EncApp', 'aomenc'];
const FORBIDDEN = [
  'sh',
  '/bin/sh',
  'env',
  'python3',
  '',
  'FFMPEG',
  'ffmpeg ',
  'ffmpeg/',
  'ffmpeg\\',
  'x264.sh',
  'ffprobe',
  './',
  'constructor',
];

export interface Sentence {
  readonly text: string;
  /** What a shell would run, program paths cut. */
  readonly argv: readonly (readonly string[])[];
  /** `either`: a way out of another program than the one it is given to. */
  readonly built: 'harmless' | 'either' | 'to get out';
}

interface Draw {
  readonly program: number;
  readonly forbidden: boolean;
  readonly harmless: readonly (readonly [number, number])[];
  readonly escape: number;
  readonly quoting: number;
  readonly place: number;
}

const pick = <T>(list: readonly T[], index: number): T => list[index % list.length]!;

function programOf(draw: Draw): { text: string; argv: string[]; built: Sentence['built'] } {
  const path = draw.forbidden ? pick(FORBIDDEN, draw.program) : pick(ALLOWED, draw.program);
  const name = path.split('/').at(-1) ?? '';
  const pieces: (readonly string[])[] = draw.harmless.map(([which]) => pick(HARMLESS, which));
  const evil = draw.escape < 0 ? undefined : pick(PIECES, draw.escape);
  if (evil) pieces.splice(draw.place % (pieces.length + 1), 0, evil.words);
  const isEvil = evil?.escapes === 'any' || (evil !== undefined && evil.escapes === name);
  const words = pieces.flat();
  const quote = (word: string, i: number): string =>
    pick(QUOTINGS, draw.quoting + i * (draw.place + 1))(word);
  return {
    text: [path, ...words].map(quote).join(' '),
    argv: [name, ...words],
    built: draw.forbidden || isEvil ? 'to get out' : evil ? 'either' : 'harmless',
  };
}

const INDEX = fc.nat(9_999);
const DRAW: fc.Arbitrary<Draw> = fc.record({
  program: INDEX,
  forbidden: fc.nat(19).map((n) => n === 0),
  harmless: fc.array(fc.tuple(INDEX, INDEX), { maxLength: 4 }),
  escape: fc.oneof({ weight: 1, arbitrary: fc.constant(-1) }, { weight: 3, arbitrary: INDEX }),
  quoting: INDEX,
  place: fc.nat(6),
});

/** Commands of up to three programs, harmless ones and ones with one or more ways out in any place and any quoting. */
export const SENTENCES: fc.Arbitrary<Sentence> = fc
  .tuple(fc.array(DRAW, { minLength: 1, maxLength: 3 }), fc.option(fc.constantFrom(...SHELL), { freq: 8 }))
  .map(([draws, shell]) => {
    const programs = draws.map(programOf);
    const text = programs.map((one) => one.text).join(' | ');
    // fast-check's option gives a value in freq of freq + 1 draws.
    const hit = shell !== null && draws[0]!.program % 8 === 0;
    const built = programs.map((one) => one.built);
    return {
      text: hit ? `${text} ${shell}` : text,
      argv: programs.map((one) => one.argv),
      built:
        hit || built.includes('to get out') ? 'to get out' : built.includes('either') ? 'either' : 'harmless',
    };
  });

const TOKENS =
  `ffmpeg x264 x265 sh -i - -o -vf -f -x265-params csv= stats= movie= mo vie = : , ; ' " \\ | / .. ~ /etc/passwd http :// file: pipe: concat: crypto+ [a] @ + $ ( ) { } \` & > < # * ? ! % OUT.mkv --csv -/ a é \u{1F600} 0`.split(
    ' ',
  );

/** Anything that can be written with the characters that matter. */
export const SOUP: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...TOKENS) },
      { weight: 1, arbitrary: fc.constant(' ') },
    ),
    {
      maxLength: 14,
    },
  )
  .map((tokens) => `ffmpeg -i - ${tokens.join('')}`);
