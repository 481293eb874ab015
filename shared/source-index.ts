import type { Rational, VideoFormat } from './gen/clipgrid/v1/task.ts';

/**
 * What is known of a source's first video stream without decoding it: one entry a packet that yields a frame, in decode
 * order (columns of equal length, so the number of frames is `pts.length`). Packets that the container's edit list
 * discards are not in it. Frames are numbered from 0 in presentation order, which is ascending pts; no two are equal.
 */
export interface SourceIndex {
  readonly version: 1;
  readonly format: VideoFormat;
  /** Seconds a tick. All pts and durations below are in ticks. */
  readonly timeBase: Rational;
  /** As ffprobe prints them for the source file: not shifted, may be negative. */
  readonly pts: readonly number[];
  /** Packet sizes in bytes. */
  readonly size: readonly number[];
  /** Byte position of each packet in the source file; -1 when the container does not tell. */
  readonly position: readonly number[];
  /** Decode-order positions (into the columns) of keyframe packets, ascending. */
  readonly keyframes: readonly number[];
  /**
   * True: one packet is one frame and carries its pts, so clips can be cut by stream copy. False (no pts in the file,
   * two field packets a frame, packed B-frames, an edit list with holes): the columns were made from decoded frames,
   * in presentation order, `keyframes` holds only 0, and clips are cut by decoding from the start (see planCut).
   */
  readonly packetExact: boolean;
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
  /** Audio streams of the source, all of them in the sidecar. Undefined: an older agent did not say. */
  readonly audioTracks?: number;
  /**
   * A packet at time t of the source's timeline (its zero is the start that `startOffset` counts from) lies at
   * t + sidecarShiftS in the sidecar file. Above 0 only when the sidecar has packets before that zero (audio priming),
   * which Matroska cannot hold. The sidecar's chapters are never shifted.
   */
  readonly sidecarShiftS: number;
  /** Frame times do not follow one constant step: the result needs its time stamps back. */
  readonly variableFrameRate: boolean;
  readonly extras: VideoExtras;
  /** Undefined: of this container only a demuxer can tell which bytes a clip needs. */
  readonly layout?: SourceLayout;
}

/** What a demuxer must see of the source file beside a clip's own packets (M1). Byte spans are [start, end), ascending. */
export interface SourceLayout {
  /** `fragments` is MP4 made of moof boxes; `mp4` has one table of all samples. */
  readonly kind: 'mp4' | 'fragments' | 'matroska' | 'mpegts';
  /** Headers that every clip needs. */
  readonly head: readonly (readonly [number, number])[];
  /** Where reading may begin after a gap (clusters, fragments), ascending; empty: at any packet. */
  readonly entries: readonly number[];
}

/** What a re-encode loses of the video stream unless the merge puts it back. */
export interface VideoExtras {
  /** Language, title, ... of the video stream. */
  readonly tags: Readonly<Record<string, string>>;
  /** Dispositions that are set, e.g. `default`, `forced`. */
  readonly disposition: readonly string[];
  /** Counter-clockwise degrees of the display matrix, as ffprobe prints it; 0: none. */
  readonly rotation: number;
  readonly masteringDisplay?: MasteringDisplay;
  readonly contentLight?: ContentLight;
}

/** SMPTE ST 2086. Chromaticities in CIE 1931 xy, luminance in cd/m2. */
export interface MasteringDisplay {
  readonly red: readonly [number, number];
  readonly green: readonly [number, number];
  readonly blue: readonly [number, number];
  readonly whitePoint: readonly [number, number];
  readonly minLuminance: number;
  readonly maxLuminance: number;
}

/** CTA-861.3, both in cd/m2. */
export interface ContentLight {
  readonly maxContent: number;
  readonly maxAverage: number;
}
