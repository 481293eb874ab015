import type { EncodeResult, TaskResult, TaskSpec } from '../../shared/gen/clipgrid/v1/task.ts';
import type { Failure, JobState } from './job.ts';

/** `clip` cuts a clip as a file to look at; it is no stage of a job. What each is: task-kinds.ts. */
export type TaskKind =
  'index' | 'probe' | 'preview' | 'encode' | 'audio' | 'media' | 'merge' | 'package' | 'clip';

/** An expired or released task is `ready` again, with the epoch and lease id of its last grant still on it (L11). */
export type TaskState = 'ready' | 'leased' | 'succeeded' | 'failed' | 'cancelled';

/** The fence (L2). */
export interface Fence {
  readonly taskId: string;
  readonly epoch: number;
  readonly leaseId: string;
}

/** Bytes in the object store that a task produced; immutable. */
export interface Artifact {
  /** segment, thumbnail, index, sidecar, audio, clip, result or, of a file that a command named, file/NAME. */
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** A task to be created. Object inputs in `spec` carry no URL yet: `cacheKey` is `bucket/key`, signed at the grant. */
export interface NewTask {
  readonly kind: TaskKind;
  /** Set for clips only, from 0. */
  readonly clipIndex?: number;
  readonly spec: TaskSpec;
  /** Capabilities that an agent must have proved, e.g. `encoder:libx264`. */
  readonly requires: readonly string[];
  readonly framesTotal: number;
  /** Predicted seconds of work; longer tasks of a job are granted first. */
  readonly cost: number;
  /** Tasks with the same key begin with the same work (`shares` of task-kinds.ts). */
  readonly shareKey?: string;
}

/** A committed part of a clip that is not finished. Parts follow each other without a gap, from the clip's first frame on. */
export interface TaskPart {
  /** `[startFrame, endFrame)`, counted from the clip's first frame. */
  readonly startFrame: number;
  readonly endFrame: number;
  /** Of the lease that committed it. */
  readonly epoch: number;
  readonly artifact: Artifact;
  readonly result: EncodeResult;
}

/** What a succeeded task left. */
export interface TaskOutput {
  readonly artifacts: readonly Artifact[];
  readonly result: TaskResult;
}

/** A finished clip: its parts, where there are some, and the segment behind them. */
export interface ClipOutput extends TaskOutput {
  readonly parts?: readonly TaskPart[];
}

/** What `progress` tells of one encode task, and no more: a job may have 10,000 of them. */
export interface ClipView {
  readonly index: number;
  readonly state: TaskState;
  readonly attempts: number;
  readonly agentName?: string;
  readonly framesDone: number;
  readonly framesTotal: number;
  readonly failure?: Failure;
  /** SHA-256 of the committed segment; undefined until there is one, and where it is not the whole clip. */
  readonly segmentSha256?: string;
}

/** What is to be known of a job's tasks to say why it waits. */
export interface OpenWork {
  /** The plan is made: clips say themselves what they need. */
  readonly hasClips: boolean;
  /** A task of any kind is at an agent. */
  readonly isRunning: boolean;
  /** The first ready task, in the order of `tasks`. */
  readonly firstReady?: TaskView;
}

/** How far a job is, and no more: whoever follows several jobs asks for all of them at once. */
export interface JobProgress {
  readonly state: JobState;
  /** 0 until the plan exists. */
  readonly framesTotal: number;
  readonly framesDone: number;
  readonly tasks: TaskCounts;
}

/** How many tasks of a job have come how far. Not counted: those that wait for their first lease. */
export interface TaskCounts {
  readonly leased: number;
  /** Had a lease and wait for the next one. */
  readonly readyAgain: number;
  readonly ended: number;
}

/** What lists and watches tell of a task: without what may be kilobytes, since a job may have 10,000 of them. */
export interface TaskBrief {
  readonly taskId: string;
  readonly jobId: string;
  readonly kind: TaskKind;
  readonly clipIndex?: number;
  readonly state: TaskState;
  readonly epoch: number;
  readonly agentId?: string;
  readonly agentName?: string;
  readonly attempts: number;
  readonly requires: readonly string[];
  readonly framesTotal: number;
  readonly framesDone: number;
  /** Frames of the clip that committed parts hold: no later attempt encodes them again. */
  readonly framesSaved: number;
  readonly fps: number;
  /** Seconds of output a second; 0: not known. */
  readonly speed: number;
  readonly phase: string;
  readonly startFrame?: number;
  readonly endFrame?: number;
  /** Bytes of what it is there for, once it is committed. */
  readonly madeBytes?: number;
  readonly failure?: Failure;
  readonly readyAt: Date;
  readonly grantedAt?: Date;
  readonly finishedAt?: Date;
}

/** A task as people see it. */
export interface TaskView extends TaskBrief {
  /** Different agents whose attempts of it failed. */
  readonly failedAgents: readonly string[];
  readonly output?: TaskOutput;
  readonly logTail: string;
}
