/** A source that has ruined somebody's encode before: how ffmpeg makes it, and what must come through. */
export interface Recipe {
  readonly name: string;
  /** File extension. */
  readonly as: string;
  /** Arguments after the common inputs: 0 = test picture (320x180, 25 fps), 1 = tone, 2... = files of `files`. */
  readonly args: readonly string[];
  /** Seconds of picture and tone; default 4. */
  readonly seconds?: number;
  /** Replaces the common inputs. */
  readonly inputs?: readonly string[];
  /** Small text files that are written beside: name to content. */
  readonly files?: Readonly<Record<string, string>>;
  /** A second pass over the first's file (a remux, an edit). `IN` and `OUT` are replaced. */
  readonly second?: readonly string[];
  readonly expect: {
    readonly frames: number;
    /** codec_type:codec_name of the result's streams after the video, in order. */
    readonly streams?: readonly string[];
    readonly languages?: readonly string[];
    readonly chapters?: readonly string[];
    readonly attachments?: readonly string[];
    /** Video start minus audio start, in milliseconds. */
    readonly offsetMs?: number;
    readonly variable?: boolean;
    /** The pixel format cannot be carried by y4m without conversion, or the decode is not bit-exact. */
    readonly inexact?: boolean;
    /** Which stream is the film, for ffmpeg's -map; default 0:v:0. */
    readonly videoStream?: string;
    /** What y4m cannot carry of the picture's description, so that it is another in the result. */
    readonly changed?: readonly string[];
    /** The source's times cannot be kept as they are: they do not rise. */
    readonly repaired?: boolean;
    /** What the tasks must say in their logs. */
    readonly logged?: readonly string[];
    /** How far sound may move against the picture, in milliseconds; default 2.5. */
    readonly soundMs?: number;
    /** Dispositions of all streams of the result, joined by +, and their titles. */
    readonly dispositions?: readonly string[];
    readonly titles?: readonly string[];
    /** Counter-clockwise degrees by which the picture is to be turned. */
    readonly rotation?: number;
    /** Mastering display and content light level are in the result. */
    readonly hdr?: boolean;
  };
}

export const X264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '20'];
const AAC = ['-c:a', 'aac', '-b:a', '64k'];
const BOTH = ['-map', '0:v', '-map', '1:a'];
const VIDEO = ['-map', '0:v'];

const SUBTITLES =
  '1\n00:00:00,500 --> 00:00:01,500\nErste Zeile\n\n2\n00:00:02,000 --> 00:00:03,000\nZweite\n';
const ASS = `[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour
Style: Default,Test,20,&H00FFFFFF

[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.50,0:00:01.50,Default,Hallo
`;
export const CHAPTERS = `;FFMETADATA1
title=The Whole Film
[CHAPTER]
TIMEBASE=1/1000
START=0
END=1500
title=Opening
[CHAPTER]
TIMEBASE=1/1000
START=1500
END=4000
title=The Rest
`;

/** 100 frames are 4 s at 25 fps. */
export const RECIPES: readonly Recipe[] = [
  {
    name: 'closed GOPs',
    as: 'mkv',
    args: [...BOTH, ...X264, '-g', '25', ...AAC],
    expect: { frames: 100, streams: ['audio:aac'] },
  },
  {
    name: 'open GOPs of x264',
    as: 'mkv',
    args: [
      ...BOTH,
      ...X264,
      '-x264-params',
      'open-gop=1:keyint=20:min-keyint=20:bframes=3:scenecut=0',
      ...AAC,
    ],
    expect: { frames: 100, streams: ['audio:aac'] },
  },
  {
    name: 'open GOPs of x265 (CRA and RASL)',
    as: 'mkv',
    args: [
      ...VIDEO,
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'keyint=20:min-keyint=20:open-gop=1:bframes=4:log-level=none',
    ],
    expect: { frames: 100 },
  },
  {
    name: 'open GOPs of MPEG-2 in a transport stream',
    as: 'ts',
    args: [...BOTH, '-c:v', 'mpeg2video', '-b:v', '800k', '-g', '15', '-bf', '2', '-c:a', 'mp2'],
    expect: { frames: 100, streams: ['audio:mp2'] },
  },
  {
    name: 'deep B-pyramid',
    as: 'mp4',
    args: [...BOTH, ...X264, '-x264-params', 'bframes=8:b-pyramid=normal:b-adapt=2:keyint=40', ...AAC],
    expect: { frames: 100, streams: ['audio:aac'] },
  },
  {
    name: 'variable frame rate in Matroska',
    as: 'mkv',
    args: [...BOTH, '-vf', "select='not(mod(n,3))+gt(n,50)'", '-vsync', 'vfr', ...X264, '-g', '12', ...AAC],
    expect: { frames: 66, variable: true, streams: ['audio:aac'] },
  },
  {
    name: 'variable frame rate in MP4, with B-frames',
    as: 'mp4',
    args: [
      ...BOTH,
      '-vf',
      "select='lt(n,30)+gt(mod(n,4),1)'",
      '-vsync',
      'vfr',
      ...X264,
      '-bf',
      '3',
      '-g',
      '16',
      '-video_track_timescale',
      '90000',
      ...AAC,
    ],
    expect: { frames: 66, variable: true, streams: ['audio:aac'] },
  },
  {
    name: 'video starts 0.72 s after the audio',
    as: 'mkv',
    inputs: [
      '-itsoffset',
      '0.72',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=320x180:r=25:d=4',
      '-f',
      'lavfi',
      '-i',
      'sine=440:d=5',
    ],
    args: [...BOTH, ...X264, '-g', '25', ...AAC],
    expect: { frames: 100, offsetMs: 720, streams: ['audio:aac'] },
  },
  {
    name: 'audio starts late',
    as: 'mkv',
    inputs: [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=320x180:r=25:d=4',
      '-itsoffset',
      '0.5',
      '-f',
      'lavfi',
      '-i',
      'sine=440:d=3',
    ],
    args: [...BOTH, ...X264, '-g', '25', '-c:a', 'flac'],
    expect: { frames: 100, offsetMs: -500, streams: ['audio:flac'] },
  },
  {
    name: 'a transport stream that starts at 10 s',
    as: 'ts',
    args: [...BOTH, ...X264, '-g', '25', ...AAC, '-output_ts_offset', '10'],
    expect: { frames: 100, streams: ['audio:aac'] },
  },
  {
    name: 'an MP4 whose edit list skips the start',
    as: 'mp4',
    args: [...BOTH, ...X264, '-g', '50', '-bf', '0', ...AAC],
    second: ['-ss', '0.6', '-i', 'IN', '-map', '0', '-c', 'copy', 'OUT'],
    expect: { frames: 85, soundMs: 24, streams: ['audio:aac'] },
  },
  {
    name: '10 bit HEVC',
    as: 'mkv',
    args: [
      ...VIDEO,
      '-pix_fmt',
      'yuv420p10le',
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'keyint=25:log-level=none',
    ],
    expect: { frames: 100 },
  },
  {
    name: 'HDR10 tags',
    as: 'mkv',
    args: [
      ...VIDEO,
      ...['-pix_fmt', 'yuv420p10le', '-c:v', 'libx265', '-preset', 'ultrafast'],
      ...[
        '-color_primaries',
        'bt2020',
        '-color_trc',
        'smpte2084',
        '-colorspace',
        'bt2020nc',
        '-color_range',
        'tv',
      ],
      '-x265-params',
      'keyint=25:log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:range=limited:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400',
    ],
    expect: { frames: 100, hdr: true },
  },
  {
    name: 'no audio',
    as: 'mp4',
    args: [...VIDEO, ...X264, '-g', '25'],
    expect: { frames: 100, streams: [] },
  },
  {
    name: 'two audio tracks with languages and titles',
    as: 'mkv',
    args: [
      ...[
        '-map',
        '0:v',
        '-map',
        '1:a',
        '-map',
        '1:a',
        ...X264,
        '-g',
        '25',
        '-c:a:0',
        'aac',
        '-c:a:1',
        'flac',
      ],
      ...[
        '-metadata:s:a:0',
        'language=jpn',
        '-metadata:s:a:1',
        'language=ger',
        '-metadata:s:a:1',
        'title=Kommentar',
      ],
    ],
    expect: { frames: 100, streams: ['audio:aac', 'audio:flac'], languages: ['jpn', 'ger'] },
  },
  {
    name: 'text subtitles',
    as: 'mkv',
    files: { 'a.srt': SUBTITLES, 'b.ass': ASS },
    args: [
      ...BOTH,
      '-map',
      '2',
      '-map',
      '3',
      ...X264,
      '-g',
      '25',
      ...AAC,
      '-c:s:0',
      'srt',
      '-c:s:1',
      'ass',
      '-metadata:s:s:0',
      'language=fre',
    ],
    expect: { frames: 100, streams: ['audio:aac', 'subtitle:subrip', 'subtitle:ass'], languages: ['fre'] },
  },
  {
    name: 'mov_text subtitles',
    as: 'mp4',
    files: { 'a.srt': SUBTITLES },
    args: [
      ...BOTH,
      '-map',
      '2',
      ...X264,
      '-g',
      '25',
      ...AAC,
      '-c:s',
      'mov_text',
      '-metadata:s:s:0',
      'language=spa',
    ],
    expect: { frames: 100, streams: ['audio:aac', 'subtitle:subrip'], languages: ['spa'] },
  },
  {
    name: 'chapters with titles and a title of the film',
    as: 'mkv',
    files: { 'c.ffmeta': CHAPTERS },
    args: [...BOTH, '-map_metadata', '2', '-map_chapters', '2', ...X264, '-g', '25', ...AAC],
    expect: { frames: 100, chapters: ['Opening', 'The Rest'], streams: ['audio:aac'] },
  },
  {
    name: 'chapters and no other stream',
    as: 'mkv',
    files: { 'c.ffmeta': CHAPTERS },
    args: [...VIDEO, '-map_metadata', '1', '-map_chapters', '1', ...X264, '-g', '25'],
    inputs: ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=4'],
    expect: { frames: 100, chapters: ['Opening', 'The Rest'] },
  },
  {
    name: 'attached fonts',
    as: 'mkv',
    files: { 'b.ass': ASS, 'test.ttf': 'not really a font, but every byte of it must survive' },
    inputs: [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=320x180:r=25:d=4',
      '-f',
      'lavfi',
      '-i',
      'sine=440:d=4',
      '-i',
      'b.ass',
    ],
    args: [
      ...BOTH,
      '-map',
      '2',
      ...X264,
      '-g',
      '25',
      ...AAC,
      '-c:s',
      'copy',
      '-attach',
      'test.ttf',
      '-metadata:s:t',
      'mimetype=font/ttf',
    ],
    expect: {
      frames: 100,
      streams: ['audio:aac', 'subtitle:ass', 'attachment:ttf'],
      attachments: ['test.ttf'],
    },
  },
  {
    name: 'VP9 in WebM',
    as: 'webm',
    args: [
      ...BOTH,
      '-c:v',
      'libvpx-vp9',
      '-deadline',
      'realtime',
      '-cpu-used',
      '8',
      '-b:v',
      '300k',
      '-g',
      '25',
      '-auto-alt-ref',
      '1',
      '-lag-in-frames',
      '16',
      '-c:a',
      'libopus',
    ],
    expect: { frames: 100, soundMs: 15, streams: ['audio:opus'] },
  },
  {
    name: 'MPEG-4 part 2 with B-frames in AVI',
    as: 'avi',
    args: [...BOTH, '-c:v', 'mpeg4', '-q:v', '4', '-bf', '2', '-g', '25', '-c:a', 'mp3'],
    expect: { frames: 100, streams: ['audio:mp3'] },
  },
  {
    name: 'interlaced H.264',
    as: 'mkv',
    args: [...VIDEO, ...X264, '-flags', '+ilme+ildct', '-x264-params', 'tff=1:keyint=25'],
    expect: { frames: 100 },
  },
  {
    name: 'odd size',
    as: 'mkv',
    args: [...VIDEO, '-vf', 'scale=321:179,format=yuv444p', ...X264, '-g', '25'],
    expect: { frames: 100 },
  },
  {
    name: 'anamorphic pixels',
    as: 'mkv',
    args: [...VIDEO, '-vf', 'setsar=16/11', ...X264, '-g', '25'],
    expect: { frames: 100 },
  },
  { name: 'one frame', as: 'mkv', args: [...VIDEO, '-frames:v', '1', ...X264], expect: { frames: 1 } },
  {
    name: 'one keyframe in a long stretch',
    as: 'mkv',
    args: [...VIDEO, ...X264, '-x264-params', 'keyint=infinite:scenecut=0'],
    expect: { frames: 100 },
  },
  { name: 'all intra FFV1', as: 'mkv', args: [...VIDEO, '-c:v', 'ffv1', '-g', '1'], expect: { frames: 100 } },
  {
    name: 'ProRes with PCM in MOV',
    as: 'mov',
    args: [...BOTH, '-c:v', 'prores_ks', '-profile:v', '0', '-c:a', 'pcm_s16le'],
    expect: { frames: 100, streams: ['audio:pcm_s16le'] },
  },
  {
    name: '24000/1001 frames a second',
    as: 'mkv',
    inputs: ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=24000/1001:d=4'],
    args: [...VIDEO, ...X264, '-g', '24'],
    expect: { frames: 96 },
  },
  {
    name: '4:4:4',
    as: 'mkv',
    args: [...VIDEO, '-pix_fmt', 'yuv444p', ...X264, '-g', '25'],
    expect: { frames: 100 },
  },
  {
    name: 'a cover picture before the film',
    as: 'mkv',
    args: [...BOTH, ...X264, '-g', '25', ...AAC],
    second: [
      '-i',
      'IN',
      '-f',
      'lavfi',
      '-i',
      'color=red:s=64x64:d=0.04',
      '-map',
      '0',
      '-map',
      '1',
      '-frames:v:1',
      '1',
      '-c',
      'copy',
      '-c:v:1',
      'mjpeg',
      '-disposition:v:1',
      'attached_pic',
      'OUT',
    ],
    expect: { frames: 100 },
  },
];
