import type { Rational, VideoFormat } from './gen/clipgrid/v1/task.ts';

/**
 * What is known of a source's first video stream without decoding it: one entry a packet that yields a frame, in decode
 * order (columns of equal length). Packets that the container's edit list discards are not in it.
 */
export interface SourceIndex {
  readonly version: 1;
  readonly format: VideoFormat;
  /** Seconds a tick. All pts and durations below are in ticks. */
  readonly timeBase: Rational;
  readonly pts: readonly number[];
  /** Packet sizes in bytes. */
  readonly size: readonly number[];
  /** Byte position of each packet in the source file; -1 when the container does not tell. */
  readonly position: readonly number[];
  /** Decode-order positions (into the columns) of keyframe packets, ascending. */
  readonly keyframes: readonly number[];
  /** Duration of the last frame in presentation order. */
  readonly lastDuration: number;
  /** Size of the whole source file. */
  readonly sourceBytes: number;
  /** ffmpeg's short name list of the container, e.g. `matroska,webm`. */
  readonly container: string;
  /** Start of the first video frame minus the start of the whole file's timeline, in ticks (M4). */
  readonly startOffset: number;
  /** Whether streams other than the first video stream, chapters or attachments exist (the sidecar artifact). */
  readonly hasSidecar: boolean;
  /** Frame times do not follow one constant step: the result needs its time stamps back. */
  readonly variableFrameRate: boolean;
}
