import type { SplitCommand } from './split-command.ts';

type Loose = Readonly<Record<string, unknown>>;

/** Less than a few clips: one run is as quick. */
export const LEAST_S = 30;
/** Sound that begins further from its file is no matter of priming. */
const SOUND_NEAR_S = 0.1;
/** A picture that begins half a frame after its file, or later, is filled up with a frame more by one run of ffmpeg. */
const PICTURE_NEAR_FRAMES = 0.4;
const PIXELS = /^yuv4(?:20|22|44)p(?:10le)?$/;
/** Of copied sound, what each container holds in the same way by one run and by ours. */
const COPIED = {
  mp4: /^(?:aac|mp3|ac3|eac3)$/,
  matroska: /^(?:aac|mp3|ac3|eac3|opus|vorbis|flac)$/,
  webm: /^(?:opus|vorbis)$/,
} as const;
/** What says nothing of how a picture looks. */
const HARMLESS_SIDE_DATA = /^CPB properties$/;

/** A source as far as it matters here. */
export interface SplitSource {
  readonly durationS: number;
  /** Filters that name the picture's colours, which raw frames do not carry. */
  readonly colours: readonly string[];
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function listOf(value: unknown): readonly Loose[] {
  return Array.isArray(value)
    ? value.filter((one): one is Loose => typeof one === 'object' && one !== null)
    : [];
}

const isKnown = (text: string): boolean => text !== '' && text !== 'unknown' && text !== 'unspecified';

function coloursOf(picture: Loose): string[] {
  const values = [
    ['range', textOf(picture['color_range'])],
    ['color_primaries', textOf(picture['color_primaries'])],
    ['color_trc', textOf(picture['color_transfer'])],
    ['colorspace', textOf(picture['color_space'])],
  ].filter(([, value = '']) => isKnown(value));
  return values.length === 0
    ? []
    : [`setparams=${values.map(([name, value]) => `${name}=${value}`).join(':')}`];
}

/** How long one frame is shown. */
function frameS(picture: Loose): number {
  const [num, den] = textOf(picture['avg_frame_rate']).split('/').map(Number);
  return (den ?? 0) / (num ?? 0);
}

function isPlainPicture(picture: Loose): boolean {
  const rate = textOf(picture['r_frame_rate']);
  const tags = (picture['tags'] ?? {}) as Loose;
  const order = textOf(picture['field_order']);
  const colours = ['color_range', 'color_primaries', 'color_transfer', 'color_space'];
  return (
    PIXELS.test(textOf(picture['pix_fmt'])) &&
    /^[1-9]\d{0,8}\/[1-9]\d{0,8}$/.test(rate) &&
    rate === textOf(picture['avg_frame_rate']) &&
    (!isKnown(order) || order === 'progressive') &&
    (!isKnown(textOf(picture['color_range'])) || picture['color_range'] === 'tv') &&
    colours.every((name) => /^[\w-]{0,40}$/.test(textOf(picture[name]))) &&
    tags['rotate'] === undefined &&
    listOf(picture['side_data_list']).every((data) => HARMLESS_SIDE_DATA.test(textOf(data['side_data_type'])))
  );
}

/**
 * What must be known of a source to split it, or undefined: its film stays whole. `probeJson` is what ffprobe prints of
 * streams and format. One picture of a constant rate, at most one sound, and nothing else that one run of ffmpeg would choose
 * among, move, turn or fill.
 */
export function splitSource(probeJson: string, { container, sound }: SplitCommand): SplitSource | undefined {
  const { streams: told, format } = JSON.parse(probeJson) as { streams?: unknown; format?: Loose };
  const streams = listOf(told);
  const [pictures, sounds] = ['video', 'audio'].map((kind) =>
    streams.filter((stream) => stream['codec_type'] === kind),
  );
  const [picture, ...morePictures] = pictures ?? [];
  const [track, ...moreTracks] = sounds ?? [];
  if (picture === undefined || morePictures.length + moreTracks.length > 0) return undefined;
  if (streams.length !== (track === undefined ? 1 : 2)) return undefined;
  const startOf = (stream: Loose | undefined): number => Number(textOf(stream?.['start_time']) || Number.NaN);
  const isNear = (stream: Loose, limitS: number): boolean =>
    Math.abs(startOf(stream) - startOf(format)) <= limitS;
  const disposition = (picture['disposition'] ?? {}) as Loose;
  if (
    disposition['attached_pic'] === 1 ||
    !isPlainPicture(picture) ||
    !isNear(picture, PICTURE_NEAR_FRAMES * frameS(picture))
  )
    return undefined;
  if (track !== undefined && !isNear(track, SOUND_NEAR_S)) return undefined;
  if (track !== undefined && sound === undefined && !COPIED[container].test(textOf(track['codec_name'])))
    return undefined;
  const durationS = Number(textOf(format?.['duration']));
  return durationS >= LEAST_S ? { durationS, colours: coloursOf(picture) } : undefined;
}
