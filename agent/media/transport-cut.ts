import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ffmpeg } from './ffmpeg.ts';
import type { MediaTools } from './probe.ts';

/** One track of sound, in a file on the source's timeline but for a shift. */
export interface SoundTrack {
  readonly path: string;
  /** Of the stream in its file. */
  readonly streamIndex: number;
  /** Seconds to add to its times. */
  readonly shiftS: number;
}

export interface CutInput {
  /** The picture, with its own times. */
  readonly videoPath: string;
  readonly sound: SoundTrack | undefined;
  /** For ffmpeg: what is to be written into the picture's stream. */
  readonly pictureArguments: readonly string[];
  /** Frames at which the files begin, ascending from 0. */
  readonly starts: readonly number[];
}

/** Without a list ffmpeg cuts by time; a larger number it refuses. */
const NEVER = 2 ** 31 - 2;

/**
 * Puts picture and sound in one MPEG transport stream and cuts it, by stream copy, before each of the given frames. Between
 * them nothing is begun anew: times, continuity counters and the map of programs run on from file to file, as one player
 * reads them. A frame of sound belongs to the file in which its bytes are due. Returns the paths in order.
 */
export async function cutTransport(tools: MediaTools, input: CutInput): Promise<string[]> {
  const { videoPath, sound, starts } = input;
  const folder = join(tools.workDir, 'files');
  await mkdir(folder);
  const args = ['-copyts', '-i', videoPath];
  if (sound) args.push('-itsoffset', String(sound.shiftS), '-i', sound.path);
  args.push('-map', '0:v:0');
  if (sound) args.push('-map', `1:${sound.streamIndex}`);
  args.push('-c', 'copy', ...input.pictureArguments, '-map_metadata', '-1', '-map_chapters', '-1');
  args.push('-avoid_negative_ts', 'disabled', '-max_interleave_delta', '0');
  args.push('-f', 'segment', '-segment_format', 'mpegts', '-individual_header_trailer', '0');
  // Else all times are put off by what the encoder's frames are out of order: those of other files of the film are not.
  args.push('-segment_format_options', 'avoid_negative_ts=disabled');
  const inner = starts.slice(1);
  args.push('-segment_frames', inner.length > 0 ? inner.join(',') : String(NEVER));
  await ffmpeg(tools, 'verify_failed', [...args, join(folder, '%09d.ts')]);
  const names = await readdir(folder);
  return names.toSorted().map((name) => join(folder, name));
}
