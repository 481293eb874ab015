import type { Rational, VideoFormat } from '../../shared/gen/clipgrid/v1/task.ts';
import { parseRational, type ProbedStream } from './probe.ts';

/** ffprobe's base rate; where that is only the time base of a variable rate, the average. */
function frameRate(stream: ProbedStream): Rational {
  const base = parseRational(stream.r_frame_rate);
  return base.num > 0 && base.num / base.den <= 240 ? base : parseRational(stream.avg_frame_rate);
}

/** Picture format of a probed stream in the words of the wire; unknown texts are empty. */
export function videoFormat(stream: ProbedStream): VideoFormat {
  const known = (text: string | undefined): string => (text === undefined || text === 'unknown' ? '' : text);
  return {
    codec: stream.codec_name ?? '',
    width: stream.width ?? 0,
    height: stream.height ?? 0,
    pixelFormat: known(stream.pix_fmt),
    frameRate: frameRate(stream),
    sampleAspectRatio: parseRational(stream.sample_aspect_ratio),
    colorRange: known(stream.color_range),
    colorPrimaries: known(stream.color_primaries),
    colorTransfer: known(stream.color_transfer),
    colorSpace: known(stream.color_space),
    chromaLocation: known(stream.chroma_location),
    fieldOrder: known(stream.field_order),
  };
}
