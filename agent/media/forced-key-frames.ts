import { GridError } from '../../shared/errors.ts';
import type { EncodeCommand } from '../../shared/gen/clipgrid/v1/task.ts';
import { withWord } from './command-word.ts';
import { mainVideo, type Probed } from './probe.ts';

/** The word of a command that stands for the frames that must be keyframes. */
const KEY_FRAMES = 'CLIPGRID_KEY_FRAMES';

/**
 * The command with that word replaced by a value of ffmpeg's `-force_key_frames`. It counts frames, so it needs no frame rate
 * and no rounding moves one. `frames`: of what the encoder is given, ascending; the first frame, 0, is one in any case.
 */
export function withKeyFrames(command: EncodeCommand, frames: readonly number[]): EncodeCommand {
  const value = `expr:${[0, ...frames].map((frame) => `eq(n,${frame})`).join('+')}`;
  return withWord(command, KEY_FRAMES, value);
}

/** Numbers, in the order in which they are shown, of the frames of a file's main video that are keyframes. */
function keyFramesOf(probed: Probed): ReadonlySet<number> {
  const { index } = mainVideo(probed);
  const shown = probed.packets
    .filter((packet) => packet.stream_index === index)
    .toSorted((a, b) => Number(a.pts_time) - Number(b.pts_time));
  return new Set(shown.flatMap(({ flags }, frame) => (flags?.startsWith('K') === true ? [frame] : [])));
}

/** M3 where keyframes were asked for: each of `frames` is one. Else `encoder_failed`, and no agent would do better. */
export function checkKeyFrames(probed: Probed, frames: readonly number[]): void {
  if (frames.length === 0) return;
  const found = keyFramesOf(probed);
  const missing = frames.find((frame) => !found.has(frame));
  if (missing === undefined) return;
  const message = `frame ${missing} of the segment starts an interval and is no keyframe: the command must force keyframes, e.g. by -force_key_frames ${KEY_FRAMES}`;
  throw new GridError('encoder_failed', message, { details: { inputAtFault: true } });
}
