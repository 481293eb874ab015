import type { CommandSpec, MediaSpec, SourceRef } from '../../domain/job.ts';
import type { SourceSound } from './probe.ts';
import { trackLanguage, trackNames } from './track-names.ts';

/** A track of sound as players choose from them. */
export interface SoundTrack {
  /** Among the source's tracks of sound, from 0; the first is in the renditions' own segments. */
  readonly track: number;
  /** No other track of the source has it. */
  readonly name: string;
  /** BCP 47 or ISO 639, as the source has it; empty: not told. */
  readonly language: string;
  readonly isDefault: boolean;
  readonly channels: number;
}

/** How many channels a track has once it is made (contract 3.2). */
function channelsOf({ isPlainAac, channels }: SourceSound): number {
  if (isPlainAac) return channels;
  return channels >= 6 ? 6 : 2;
}

/** The tracks that players choose from; none where there is nothing to choose. */
export function soundTracks(sounds: readonly SourceSound[]): SoundTrack[] {
  if (sounds.length < 2) return [];
  const first = Math.max(
    0,
    sounds.findIndex((sound) => sound.isDefault),
  );
  const names = trackNames(sounds, 'Track');
  return sounds.map((sound, track) => ({
    track,
    name: names[track] ?? '',
    language: trackLanguage(sound),
    isDefault: track === first,
    channels: channelsOf(sound),
  }));
}

/** What ffmpeg is to make of a track of sound (contract 3.2), each word for the output's track of that number. */
export function soundWords({ isPlainAac, channels }: SourceSound, track: number): string[] {
  if (isPlainAac) return [`-c:a:${track}`, 'copy'];
  const [layout, rate] = channels >= 6 ? ['6', '384k'] : ['2', '160k'];
  return [`-c:a:${track}`, 'aac', `-ac:a:${track}`, layout, `-b:a:${track}`, rate];
}

export function soundPlaylistName(track: number): string {
  return `playlist_sound_${track}.m3u8`;
}

const segmentPattern = (track: number): string => `sound%04d_aac_${track}.ts`;

export function soundSegmentName(track: number, index: number): string {
  return `sound${String(index).padStart(4, '0')}_aac_${track}.ts`;
}

/**
 * One command that makes all tracks but the first, each once and whole, cut in files of about `everyS` seconds with the time
 * stamps that the renditions' segments have.
 */
export function soundJob(source: SourceRef, sounds: readonly SourceSound[], everyS: number): MediaSpec {
  const outputs = sounds.flatMap((sound, track) => {
    if (track === 0) return [];
    const cut = ['-f', 'hls', '-hls_time', String(everyS), '-hls_playlist_type', 'vod'];
    const times = ['-avoid_negative_ts', 'disabled', '-map_metadata', '-1'];
    const inner = ['-hls_segment_options', 'avoid_negative_ts=disabled'];
    const files = ['-hls_segment_filename', segmentPattern(track), soundPlaylistName(track)];
    return ['-map', `0:a:${track}`, ...soundWords(sound, 0), ...times, ...cut, ...inner, ...files];
  });
  const argv = ['ffmpeg', '-i', 'CLIPGRID_SOURCE', ...outputs];
  const command: CommandSpec = {
    text: argv.join(' '),
    programs: [argv],
    outputName: soundPlaylistName(sounds.length - 1),
  };
  return { shape: 'media', source, command };
}

/** Seconds of each file that a playlist lists, in its order. */
export function listedDurations(playlist: string): number[] {
  return [...playlist.matchAll(/^#EXTINF:([\d.]+),/gm)].map(([, seconds]) => Number(seconds));
}
