import { runTool } from '../subprocess.ts';
import { TOOL_ENVIRONMENT, type MediaTools, type Probed, type ProbedStream } from './probe.ts';

/** Audio codecs that Matroska holds as they are (ffmpeg's matroska muxer's table); all others become FLAC. */
const MATROSKA_AUDIO = new Set(
  'aac ac3 eac3 mp2 mp3 dts truehd mlp flac opus vorbis alac pcm_s16le pcm_s24le pcm_s32le pcm_f32le pcm_f64le pcm_u8 pcm_s16be pcm_s24be pcm_s32be tta wavpack'.split(
    ' ',
  ),
);
const MATROSKA_SUBTITLES = new Set(
  'subrip ass ssa webvtt hdmv_pgs_subtitle dvd_subtitle dvb_subtitle text srt'.split(' '),
);
const TEXT_SUBTITLES = new Set('mov_text eia_608 microdvd subviewer realtext sami'.split(' '));

/** Codec arguments of one stream; undefined: Matroska cannot hold it and it is left out. */
function codecOf(stream: ProbedStream): string | undefined {
  const name = stream.codec_name ?? '';
  if (stream.codec_type === 'audio') return MATROSKA_AUDIO.has(name) ? 'copy' : 'flac';
  if (stream.codec_type === 'video' || stream.codec_type === 'attachment') return 'copy';
  if (stream.codec_type !== 'subtitle') return undefined;
  if (MATROSKA_SUBTITLES.has(name)) return 'copy';
  return TEXT_SUBTITLES.has(name) ? 'srt' : undefined;
}

/**
 * Everything of a source but its main video stream, in Matroska, on the source's timeline: its zero is the start of the
 * file as ffmpeg tells it (`format.start_time`), the same that `SourceIndex.startOffset` counts from. Audio is copied whole
 * (M5). Returns false when there is nothing to keep.
 */
export async function writeSidecar(
  tools: MediaTools,
  source: { path: string; probed: Probed; videoIndex: number },
  outputPath: string,
): Promise<boolean> {
  const others = source.probed.streams.filter((stream) => stream.index !== source.videoIndex);
  const kept = others.flatMap((stream) => {
    const codec = codecOf(stream);
    return codec === undefined ? [] : [{ stream, codec }];
  });
  const hasText =
    source.probed.chapters.length > 0 || Object.keys(source.probed.format.tags ?? {}).length > 0;
  if (kept.length === 0 && !hasText) return false;
  const argv = [tools.ffmpeg, '-nostdin', '-v', 'error', '-y', '-i', source.path];
  kept.forEach(({ stream, codec }, position) => {
    argv.push('-map', `0:${stream.index}`, `-c:${position}`, codec);
  });
  // Chapters and tags alone still need a stream: a second of silence would lie, so a file of metadata is made instead.
  if (kept.length === 0) argv.push('-f', 'ffmetadata');
  else argv.push('-map_metadata', '0', '-map_chapters', '0', '-max_interleave_delta', '0', '-f', 'matroska');
  argv.push(outputPath);
  await runTool(
    { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT },
    { ...tools, failure: 'source_unreadable' },
  );
  return true;
}
