import type { VideoFormat } from '../../shared/gen/clipgrid/v1/task.ts';
import { parseRational, type ProbedStream } from './probe.ts';

/** Picture format of a probed stream in the words of the wire; unknown texts are empty. */
export function videoFormat(stream: ProbedStream): VideoFormat {
  const known = (text: string | undefined): string => (text === undefined || text === 'unknown' ? '' : text);
  return {
    codec: stream.codec_name ?? '',
    width: stream.width ?? 0,
    height: stream.height ?? 0,
    pixelFormat: known(stream.pix_fmt),
    frameRate: parseRational(stream.r_frame_rate),
    sampleAspectRatio: parseRational(stream.sample_aspect_ratio),
    colorRange: known(stream.color_range),
    colorPrimaries: known(stream.color_primaries),
    colorTransfer: known(stream.color_transfer),
    colorSpace: known(stream.color_space),
    chromaLocation: known(stream.chroma_location),
    fieldOrder: known(stream.field_order),
  };
}
