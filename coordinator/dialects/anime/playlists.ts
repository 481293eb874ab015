import { encodePath, playlistName } from './paths.ts';
import { parseKey } from './keys.ts';
import { soundPlaylistName, type SoundTrack } from './sounds.ts';
import { SUBTITLE_GROUP, subtitleLine, type SubtitleTrack } from './subtitles.ts';

/** Seconds of film in one HLS segment. */
export const HLS_SEGMENT_S = 5;

/** A published rendition as the master lists it. Bandwidths are bits a second. */
export interface PublishedRendition {
  readonly key: string;
  readonly width: number;
  readonly height: number;
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  /** RFC 6381, e.g. `avc1.640028,mp4a.40.2`. */
  readonly codecs: string;
  readonly frameRate: number;
}

const VIDEO_LINES = ['#EXTM3U', '#EXT-X-VERSION:3'];

/** The playlist of one rendition, or track of sound, with paths from the site's root (contract 3.5). `durations`: of its segments, in seconds. */
export function mediaPlaylist(
  { names, durations }: { names: readonly string[]; durations: readonly number[] },
  { dstPath, publicPrefix }: { dstPath: string; publicPrefix: string },
): string {
  const folder = `${publicPrefix}/${encodePath(dstPath)}`;
  const longest = durations.reduce((most, duration) => Math.max(most, Math.round(duration)), HLS_SEGMENT_S);
  const entries = durations.flatMap((duration, index) => [
    `#EXTINF:${duration.toFixed(6)},`,
    `${folder}/${names[index]}`,
  ]);
  const head = [
    `#EXT-X-TARGETDURATION:${longest}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-INDEPENDENT-SEGMENTS',
  ];
  return [...VIDEO_LINES, ...head, ...entries, '#EXT-X-ENDLIST', ''].join('\n');
}

/** The highest picture first; of equal ones the unfiltered. */
function byHeight(a: PublishedRendition, b: PublishedRendition): number {
  return b.height - a.height || a.key.length - b.key.length;
}

const SOUNDS = 'sound';

/** A track that is to be chosen; the first has no file of its own, it is in the renditions' segments. */
function soundLine({ track, name, language, isDefault, channels }: SoundTrack): string {
  const attributes = [
    'TYPE=AUDIO',
    `GROUP-ID="${SOUNDS}"`,
    `NAME="${name}"`,
    ...(language === '' ? [] : [`LANGUAGE="${language}"`]),
    `DEFAULT=${isDefault ? 'YES' : 'NO'}`,
    'AUTOSELECT=YES',
    `CHANNELS="${channels}"`,
    ...(track === 0 ? [] : [`URI="${soundPlaylistName(track)}"`]),
  ];
  return `#EXT-X-MEDIA:${attributes.join(',')}`;
}

/** The list of a folder's renditions, tracks of sound and of text, that players choose from. */
export function masterPlaylist(
  renditions: readonly PublishedRendition[],
  sounds: readonly SoundTrack[] = [],
  subtitles: readonly SubtitleTrack[] = [],
): string {
  const entries = renditions.toSorted(byHeight).flatMap((rendition) => {
    const attributes = [
      `BANDWIDTH=${Math.ceil(rendition.bandwidth)}`,
      `AVERAGE-BANDWIDTH=${Math.ceil(rendition.averageBandwidth)}`,
      `RESOLUTION=${rendition.width}x${rendition.height}`,
      `CODECS="${rendition.codecs}"`,
      `FRAME-RATE=${rendition.frameRate.toFixed(3)}`,
      ...(sounds.length > 0 ? [`AUDIO="${SOUNDS}"`] : []),
      ...(subtitles.length > 0 ? [`SUBTITLES="${SUBTITLE_GROUP}"`] : []),
    ];
    return [`#EXT-X-STREAM-INF:${attributes.join(',')}`, playlistName(parseKey(rendition.key))];
  });
  const tracks = [...sounds.map(soundLine), ...subtitles.map(subtitleLine)];
  return [...VIDEO_LINES, '#EXT-X-INDEPENDENT-SEGMENTS', ...tracks, ...entries, ''].join('\n');
}
