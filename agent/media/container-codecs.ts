import type { ProbedStream } from './probe.ts';

export type Container = 'matroska' | 'mp4' | 'webm';

function names(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** Audio that a container holds as it is, and reads back as the same (tried with ffmpeg's muxers). */
const AUDIO: Record<Container, ReadonlySet<string>> = {
  matroska: names(
    'aac ac3 eac3 mp1 mp2 mp3 dts truehd mlp flac opus vorbis alac tta wavpack pcm_u8 pcm_s16le pcm_s24le pcm_s32le pcm_f32le pcm_f64le pcm_s16be pcm_s24be pcm_s32be pcm_alaw pcm_mulaw adpcm_ms adpcm_ima_wav adpcm_g722 gsm_ms',
  ),
  mp4: names('aac ac3 eac3 mp2 mp3 alac dts flac opus vorbis'),
  webm: names('opus vorbis'),
};
/** What all other audio becomes. */
const AUDIO_ELSE: Record<Container, string> = { matroska: 'flac', mp4: 'flac', webm: 'libopus' };

const MATROSKA_SUBTITLES = names(
  'subrip ass ssa webvtt hdmv_pgs_subtitle dvd_subtitle dvb_subtitle text srt',
);
const TEXT_SUBTITLES = names(
  'mov_text eia_608 microdvd subviewer realtext sami subrip ass ssa webvtt text srt',
);
const VIDEO = {
  mp4: names('h264 hevc av1 vp9 mpeg4 mpeg2video mpeg1video mjpeg png'),
  webm: names('vp8 vp9 av1'),
};

function subtitleCodec(name: string, container: Container): string | undefined {
  if (container === 'mp4') return TEXT_SUBTITLES.has(name) ? 'mov_text' : undefined;
  if (container === 'webm')
    return name === 'webvtt' ? 'copy' : TEXT_SUBTITLES.has(name) ? 'webvtt' : undefined;
  if (MATROSKA_SUBTITLES.has(name)) return 'copy';
  return TEXT_SUBTITLES.has(name) ? 'srt' : undefined;
}

/** ffmpeg's codec argument that brings a stream into a container; undefined: the container cannot hold it. */
export function codecFor(stream: ProbedStream, container: Container): string | undefined {
  const name = stream.codec_name ?? '';
  switch (stream.codec_type ?? '') {
    case 'audio':
      return AUDIO[container].has(name) ? 'copy' : AUDIO_ELSE[container];
    case 'video':
      return container === 'matroska' || VIDEO[container].has(name) ? 'copy' : undefined;
    case 'subtitle':
      return subtitleCodec(name, container);
    case 'attachment':
      return container === 'matroska' ? 'copy' : undefined;
    default:
      return undefined;
  }
}

/** A stream that is left out, in words, for the log of the task. */
export function leftOut(stream: ProbedStream, container: Container): string {
  const what = stream.codec_name ?? stream.tags?.['filename'] ?? 'of an unknown kind';
  return `left out: ${stream.codec_type ?? 'unknown'} stream ${stream.index} (${what}): ${container} cannot hold it`;
}
