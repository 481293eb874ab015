import type { TaskKind } from './task.ts';

/** What a user wants done with one source. The same for every dialect; a dialect translates into it. */
export type JobSpec = FilmSpec | MediaSpec | IndexSpec | PreviewSpec;

export const JOB_SHAPES = ['film', 'media', 'index', 'preview'] as const;

/** `film`: clips on many agents, joined to one result. `media`: one command on the whole source, whatever files it writes.
 * `index`: a look at the source and nothing else, for the jobs that name it. `preview`: one frame, to look at. */
export type JobShape = (typeof JOB_SHAPES)[number];

export const RESULT_CONTAINERS = ['matroska', 'mp4', 'webm'] as const;
export type ResultContainer = (typeof RESULT_CONTAINERS)[number];

/** An index, then clips and audio, then a merge. */
export interface FilmSpec {
  readonly shape?: 'film';
  readonly source: SourceRef;
  /** A job of the same owner on the same source whose index is committed: this one has no index task and begins planned. */
  readonly indexOf?: string;
  readonly script: ScriptSpec;
  /** ffmpeg's, one an element, before the command: jobs on one source run once what they begin with alike. Not with a script. */
  readonly filters?: readonly string[];
  readonly command: CommandSpec;
  readonly container: ResultContainer;
  /** Undefined: audio is carried over unchanged (M5). */
  readonly audio?: CommandSpec;
  readonly clips: ClipPolicy;
  /**
   * True: the result's frames are shown at exactly the source's rate, as one run of an encoder shows them, however coarse the
   * ticks of the source. One whose frames are not is refused: `failed_precondition`.
   */
  readonly constantRate?: boolean;
  /** Files of a playlist instead of one result; `container` then says nothing. Needs `clips.borders`. */
  readonly package?: PackageSpec;
  /** Limit of one encode attempt in seconds; undefined: predicted from the clip. */
  readonly encodeTimeoutS?: number;
  /** False: `encodeTimeoutS` is for one clip of several; a film that stays whole has the automatic limit. */
  readonly limitsWhole?: boolean;
  /** True: segments stay after the end, until the job is removed; false: they are collected. */
  readonly keepIntermediates?: boolean;
}

/** One file an interval, each beginning with a keyframe, with the first track of sound. They stay until the job is removed. */
export interface PackageSpec {
  /** MPEG transport stream with H.264 and AAC. */
  readonly kind: 'hls';
  /** What the files are called, in order: `%04d` stands for the number, from 0. */
  readonly fileName: string;
}

/** A file inside of a source. */
export interface Attachment {
  /** Its stream in the source. */
  readonly streamIndex: number;
  /** What it is called in the result: lower-case letters, digits, underscores, one dot. */
  readonly name: string;
}

/** A probe, then the command. What it writes stays until the job is removed. */
export interface MediaSpec {
  readonly shape: 'media';
  readonly source: SourceRef;
  /**
   * Programs that are run one after another (two passes), in the folder where the files belong. The word `CLIPGRID_SOURCE`
   * stands for the source. `outputName`: the file that is the job's result; others may lie beside it.
   */
  readonly command: CommandSpec;
  /** Files inside of the source (fonts), by their streams, that are taken out of it under names of ours. */
  readonly attachments?: readonly Attachment[];
  /** Limit of one attempt in seconds; undefined: an automatic one. */
  readonly timeoutS?: number;
}

/** An index, which stays until the job is removed; and that is refused while another job names it by `indexOf`. */
export interface IndexSpec {
  readonly shape: 'index';
  readonly source: SourceRef;
}

/** One frame of the source and what a script makes of it, as pictures. Lists leave it out, and it is removed soon after. */
export interface PreviewSpec {
  readonly shape: 'preview';
  readonly source: SourceRef;
  readonly script: ScriptSpec;
  /** Seconds from the film's start; past its end the last frame is meant. */
  readonly atS: number;
}

/** An object with the uploaded film. `sizeBytes` is what it was when the job was submitted. */
export interface SourceRef {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
}

export interface ScriptSpec {
  /** Empty: the built-in pass-through. */
  readonly text: string;
  /** Environment variable and relative file name through which the script finds its source. */
  readonly sourceVariable: string;
  readonly sourceName: string;
}

export interface CommandSpec {
  /** As the user wrote it; for showing only. */
  readonly text: string;
  /** Parsed argument vectors, first program first. */
  readonly programs: readonly (readonly string[])[];
  /** Relative file name that the last program writes. */
  readonly outputName: string;
}

export interface ClipPolicy {
  /** `whole`: exactly one clip. */
  readonly mode: 'auto' | 'whole';
  /** Wanted clip length in seconds of film; undefined: the planner decides from length and agents. */
  readonly targetS?: number;
  /**
   * Handles: extra frames on each side of a clip that a script sees and whose output is thrown away, so that temporal
   * filters do as well at a joint as elsewhere. Undefined: a default. Without a script there are none.
   */
  readonly handleFrames?: number;
  /** Clips at exact times instead of wanted lengths; `targetS` then says nothing. */
  readonly borders?: BorderPolicy;
}

/**
 * Interval n starts with the first frame that is shown at or after `everyS * n` seconds from the first one: the same frames
 * in every job on the source. Clips start only there, and each start is a keyframe where the command has the word
 * `CLIPGRID_KEY_FRAMES`.
 */
export interface BorderPolicy {
  /** To a thousandth of a second. */
  readonly everyS: number;
  /** Intervals a clip. */
  readonly perClip: number;
}

/** Of a media job `indexing` is the probe, and `encoding` the command. */
export const JOB_STATES = [
  'queued',
  'indexing',
  'encoding',
  'merging',
  'succeeded',
  'failed',
  'cancelled',
] as const;

/** `queued` is an `indexing` job of which no task was ever granted; it is derived, not stored. */
export type JobState = (typeof JOB_STATES)[number];

/** Why a job or a task ended badly, for people and programs. */
export interface Failure {
  /** A code of shared/errors.ts. */
  readonly code: string;
  readonly stage: TaskKind | 'plan';
  readonly message: string;
  /** Last lines of the tool, at most 8 KiB. */
  readonly log: string;
  readonly clipIndex?: number;
}
