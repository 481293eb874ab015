import { codecFor, leftOut } from './container-codecs.ts';
import { ffmpeg } from './ffmpeg.ts';
import { dispositionsOf, dispositionWord, type MediaTools, type Probed } from './probe.ts';

/**
 * Sound that the container throws away before the start (an encoder's priming): Matroska has no time before 0, and would
 * push everything back to make room for it.
 */
const DROP_BEFORE_START = "noise=drop='lte(pts+duration,0)'";

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
    const codec = codecFor(stream, 'matroska');
    if (codec === undefined) tools.onStderrLine?.(leftOut(stream, 'matroska'));
    return codec === undefined ? [] : [{ stream, codec }];
  });
  const hasText =
    source.probed.chapters.length > 0 || Object.keys(source.probed.format.tags ?? {}).length > 0;
  if (kept.length === 0 && !hasText) return false;
  const args = ['-i', source.path];
  kept.forEach(({ stream, codec }, position) => {
    args.push('-map', `0:${stream.index}`, `-c:${position}`, codec);
    // Said of all, or ffmpeg makes the first of each kind the default one.
    args.push(`-disposition:${position}`, dispositionWord(dispositionsOf(stream)));
    if (stream.codec_type === 'audio' && codec === 'copy') args.push(`-bsf:${position}`, DROP_BEFORE_START);
  });
  // Chapters and tags alone still need a stream: a second of silence would lie, so a file of metadata is made instead.
  if (kept.length === 0) args.push('-f', 'ffmetadata');
  else args.push('-map_metadata', '0', '-map_chapters', '0', '-max_interleave_delta', '0', '-f', 'matroska');
  args.push(outputPath);
  await ffmpeg(tools, 'source_unreadable', args);
  return true;
}
