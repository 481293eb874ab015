import { z } from 'zod';
import { GridError } from '../../../shared/errors.ts';
import type { SourcePicture } from './keys.ts';

/** The sound of a source, as far as it decides what is done with it. */
export interface SourceSound {
  /** AAC-LC, which HLS carries as it is. */
  readonly isPlainAac: boolean;
  readonly channels: number;
  /** As the source tells them; empty: it does not. */
  readonly language: string;
  readonly title: string;
  readonly isDefault: boolean;
}

export interface SourceFacts {
  readonly picture: SourcePicture;
  /** By track. */
  readonly sounds: readonly SourceSound[];
}

const stream = z.looseObject({
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  profile: z.string().optional(),
  channels: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  sample_aspect_ratio: z.string().optional(),
  disposition: z
    .looseObject({ attached_pic: z.number().optional(), default: z.number().optional() })
    .optional(),
  tags: z.looseObject({ language: z.string().optional(), title: z.string().optional() }).optional(),
  side_data_list: z.array(z.looseObject({ rotation: z.number().optional() })).optional(),
});
const document = z.looseObject({ streams: z.array(stream) });
type Stream = z.output<typeof stream>;

function turnOf({ side_data_list: sideData }: Stream): SourcePicture['turn'] {
  const counterClockwise = sideData?.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  const turn = ((Math.round(-counterClockwise / 90) % 4) + 4) % 4;
  return ([0, 90, 180, 270] as const)[turn] ?? 0;
}

function pictureOf(video: Stream): SourcePicture {
  const { width = 0, height = 0 } = video;
  if (width <= 0 || height <= 0)
    throw new GridError('source_unreadable', 'the source tells no size of its picture');
  const [num = 1, den = 1] = (video.sample_aspect_ratio ?? '1:1').split(':').map(Number);
  const wide = num > 0 && den > 0 ? (width * num) / den : width;
  const turn = turnOf(video);
  return turn % 180 === 0 ? { width: wide, height, turn } : { width: height, height: wide, turn };
}

function streamsOf(probeJson: string): Stream[] {
  try {
    return document.parse(JSON.parse(probeJson)).streams;
  } catch (cause) {
    // Asked again it would say the same.
    throw new GridError('source_unreadable', 'what ffprobe tells of the source is not understood', { cause });
  }
}

/** Reads ffprobe's document of a source. What is none, or has no video, is `source_unreadable`. */
export function sourceFacts(probeJson: string): SourceFacts {
  const streams = streamsOf(probeJson);
  const video = streams.find((one) => one.codec_type === 'video' && one.disposition?.attached_pic !== 1);
  if (video === undefined) throw new GridError('source_unreadable', 'the source has no video');
  const sounds = streams
    .filter((one) => one.codec_type === 'audio')
    .map(({ codec_name: codec, profile, channels, tags, disposition }) => ({
      isPlainAac: codec === 'aac' && profile === 'LC',
      channels: channels ?? 2,
      language: tags?.language ?? '',
      title: tags?.title ?? '',
      isDefault: disposition?.default === 1,
    }));
  return { picture: pictureOf(video), sounds };
}
