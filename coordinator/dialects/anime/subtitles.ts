import { z } from 'zod';
import type { Attachment, MediaSpec, SourceRef } from '../../domain/job.ts';
import { fontName, subtitleName, subtitlePlaylistName } from './paths.ts';
import { trackLanguage, trackNames } from './track-names.ts';

/** A track of text that players choose from. */
export interface SubtitleTrack {
  /** Among the published ones, from 0. */
  readonly track: number;
  readonly streamIndex: number;
  /** No other track of the source has it. */
  readonly name: string;
  /** BCP 47 or ISO 639, as the source has it; empty: not told. */
  readonly language: string;
  readonly isDefault: boolean;
  readonly isForced: boolean;
  /** Styled text: the original is kept beside what players are given. */
  readonly isStyled: boolean;
}

/** What a source has of text to be read with the film. */
export interface SubtitleFacts {
  readonly tracks: readonly SubtitleTrack[];
  /** That styled text is to be shown with. */
  readonly fonts: readonly Attachment[];
  /** Why something of it is not published, a line each. */
  readonly leftOut: readonly string[];
}

const TEXT = new Set(['ass', 'ssa', 'subrip', 'srt', 'webvtt', 'mov_text', 'text']);
const STYLED = new Set(['ass', 'ssa']);
const MAX_TRACKS = 32;
const MAX_FONTS = 100;

const stream = z.looseObject({
  index: z.number(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  extradata_size: z.number().optional(),
  disposition: z.looseObject({ default: z.number().optional(), forced: z.number().optional() }).optional(),
  tags: z.record(z.string(), z.unknown()).optional(),
});
const document = z.looseObject({ streams: z.array(stream) });
type Stream = z.output<typeof stream>;

function tagOf({ tags }: Stream, name: string): string {
  const value = Object.entries(tags ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'string' ? value : '';
}

function tracksOf(streams: readonly Stream[]): SubtitleTrack[] {
  const words = streams.map((one) => ({ title: tagOf(one, 'title'), language: tagOf(one, 'language') }));
  const names = trackNames(words, 'Subtitles');
  const first = streams.findIndex((one) => one.disposition?.default === 1);
  return streams.map((one, track) => ({
    track,
    streamIndex: one.index,
    name: names[track] ?? '',
    language: trackLanguage(words[track] ?? { title: '', language: '' }),
    isDefault: track === first,
    isForced: one.disposition?.forced === 1,
    isStyled: STYLED.has(one.codec_name ?? ''),
  }));
}

const FONT_TYPES: Readonly<Record<string, string>> = {
  'font/ttf': 'ttf',
  'font/sfnt': 'ttf',
  'application/x-truetype-font': 'ttf',
  'application/x-font-ttf': 'ttf',
  'font/otf': 'otf',
  'application/vnd.ms-opentype': 'otf',
  'application/x-font-otf': 'otf',
  'font/collection': 'ttc',
};

/** What kind of font an attachment is, as its type or else its name's ending tells; undefined: none. */
function fontEnding(one: Stream): string | undefined {
  const byType = FONT_TYPES[tagOf(one, 'mimetype').toLowerCase()];
  const byName = /\.(ttf|otf|ttc)$/i.exec(tagOf(one, 'filename'))?.[1]?.toLowerCase();
  return byName ?? byType;
}

/** Reads ffprobe's document of a source. */
export function subtitleFacts(probeJson: string): SubtitleFacts {
  const { streams } = document.parse(JSON.parse(probeJson));
  const subtitles = streams.filter((one) => one.codec_type === 'subtitle');
  const isText = ({ codec_name: codec }: Stream): boolean => TEXT.has(codec ?? '');
  const texts = subtitles.filter(isText);
  const leftOut = [
    ...subtitles
      .filter((one) => !isText(one))
      .map(
        ({ index, codec_name: codec }) =>
          `left out: subtitles of stream ${index}: ${codec ?? 'these'} is no text`,
      ),
    ...texts
      .slice(MAX_TRACKS)
      .map(({ index }) => `left out: subtitles of stream ${index}: more than ${MAX_TRACKS}`),
  ];
  const tracks = tracksOf(texts.slice(0, MAX_TRACKS));
  const attached = streams.filter((one) => one.codec_type === 'attachment' && one.extradata_size !== 0);
  const fonts = attached.flatMap((one) => {
    const ending = fontEnding(one);
    return ending === undefined ? [] : [{ streamIndex: one.index, ending }];
  });
  const named = fonts
    .slice(0, MAX_FONTS)
    .map(({ streamIndex, ending }, number) => ({ streamIndex, name: fontName(number, ending) }));
  const hasStyle = tracks.some((track) => track.isStyled);
  if (hasStyle && fonts.length > MAX_FONTS) leftOut.push(`left out: fonts beyond the first ${MAX_FONTS}`);
  return { tracks, fonts: hasStyle ? named : [], leftOut };
}

/** One command that makes WebVTT of all tracks and keeps what is styled as it is. */
export function subtitleJob(source: SourceRef, { tracks, fonts }: SubtitleFacts): MediaSpec {
  const outputs = tracks.flatMap(({ track, streamIndex, isStyled }) => {
    const map = ['-map', `0:${streamIndex}`];
    const text = [...map, '-c:s', 'webvtt', '-f', 'webvtt', subtitleName(track, 'vtt')];
    return isStyled ? [...map, '-c:s', 'copy', '-f', 'ass', subtitleName(track, 'ass'), ...text] : text;
  });
  const argv = ['ffmpeg', '-i', 'CLIPGRID_SOURCE', ...outputs];
  const command = { text: argv.join(' '), programs: [argv], outputName: argv.at(-1) ?? '' };
  return { shape: 'media', source, command, attachments: fonts };
}

/**
 * MPEG-2 time, in ticks of 1/90000 s, at which the renditions' files have the start of the source's timeline, which the times
 * of the text count from: ffmpeg's muxer begins 1.4 s after zero.
 */
const START_TICKS = 126_000;

/** Says where the times of WebVTT lie in the renditions (RFC 8216, section 3.5); undefined: it is none. */
export function timedTrack(webvtt: string): string | undefined {
  const head = /^\uFEFF?WEBVTT[^\n]*\n/.exec(webvtt)?.[0];
  if (head === undefined) return undefined;
  return `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${START_TICKS},LOCAL:00:00:00.000\n${webvtt.slice(head.length)}`;
}

/** All of the text is one segment, as long as the film. */
export function subtitlePlaylist(track: number, durationS: number): string {
  const head = ['#EXTM3U', '#EXT-X-VERSION:3', `#EXT-X-TARGETDURATION:${Math.max(1, Math.ceil(durationS))}`];
  const kind = ['#EXT-X-MEDIA-SEQUENCE:0', '#EXT-X-PLAYLIST-TYPE:VOD'];
  const entry = [`#EXTINF:${Math.max(0.001, durationS).toFixed(6)},`, subtitleName(track, 'vtt')];
  return [...head, ...kind, ...entry, '#EXT-X-ENDLIST', ''].join('\n');
}

export const SUBTITLE_GROUP = 'subtitles';

/** The line of a master that lists a track. */
export function subtitleLine({ track, name, language, isDefault, isForced }: SubtitleTrack): string {
  const attributes = [
    'TYPE=SUBTITLES',
    `GROUP-ID="${SUBTITLE_GROUP}"`,
    ...(language === '' ? [] : [`LANGUAGE="${language}"`]),
    `NAME="${name}"`,
    `DEFAULT=${isDefault ? 'YES' : 'NO'}`,
    'AUTOSELECT=YES',
    `FORCED=${isForced ? 'YES' : 'NO'}`,
    `URI="${subtitlePlaylistName(track)}"`,
  ];
  return `#EXT-X-MEDIA:${attributes.join(',')}`;
}
