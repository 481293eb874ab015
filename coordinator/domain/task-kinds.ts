import { fileArtifact } from '../../shared/file-names.ts';
import { PREVIEW_FILES } from '../../shared/preview-files.ts';
import type { TaskKind, TaskOutput } from './task.ts';

/**
 * What a task is to its job: `first` looks at the source, and its commit makes the parts; the job goes on when all `part`s are
 * there, and ends with its `close`, where its shape has one; `aside` is no stage of the job.
 */
export type TaskRole = 'first' | 'part' | 'close' | 'aside';

export interface KindRules {
  readonly role: TaskRole;
  /** Its frames are what a job's progress is counted in. */
  readonly counts: boolean;
  /** Names of the artifacts that it must bring, and of those that it may. */
  readonly must: readonly string[];
  readonly may: readonly string[];
  /** It brings files that a command named, as artifacts `file/NAME`: at least one. */
  readonly files: boolean;
  /**
   * What tasks with one share key have in common: how they `start` (the frames of a clip), or the `whole` of them, so that
   * there is nothing to gain where two agents do it.
   */
  readonly shares?: 'start' | 'whole';
}

const PLAIN = { counts: false, must: [], may: [], files: false } as const;

/** A small JPEG of a clip's first frame; it stays as long as its job. */
export const THUMBNAIL = 'thumbnail';

/** Bytes of what a task is there for. */
export function madeBytes({ artifacts }: TaskOutput): number {
  return artifacts.reduce((sum, { name, sizeBytes }) => (name === THUMBNAIL ? sum : sum + sizeBytes), 0);
}

const PICTURES = Object.values(PREVIEW_FILES).map(fileArtifact);

/** All kinds, in the order in which the tasks of a job are shown. */
export const TASK_KINDS: Readonly<Record<TaskKind, KindRules>> = {
  index: { ...PLAIN, role: 'first', must: ['index'], may: ['sidecar'] },
  probe: { ...PLAIN, role: 'first' },
  preview: { ...PLAIN, role: 'first', must: PICTURES, files: true },
  encode: { ...PLAIN, role: 'part', counts: true, must: ['segment'], may: [THUMBNAIL], shares: 'start' },
  audio: { ...PLAIN, role: 'part', must: ['audio'], shares: 'whole' },
  media: { ...PLAIN, role: 'part', counts: true, files: true },
  merge: { ...PLAIN, role: 'close', must: ['result'] },
  package: { ...PLAIN, role: 'close', files: true },
  clip: { ...PLAIN, role: 'aside', must: ['clip'] },
};

export const ALL_KINDS = Object.keys(TASK_KINDS) as readonly TaskKind[];

function kindsThat(fits: (rules: KindRules) => boolean): readonly TaskKind[] {
  return ALL_KINDS.filter((kind) => fits(TASK_KINDS[kind]));
}

export const FIRST_KINDS = kindsThat(({ role }) => role === 'first');
export const PART_KINDS = kindsThat(({ role }) => role === 'part');
export const CLOSE_KINDS = kindsThat(({ role }) => role === 'close');
export const COUNTED_KINDS = kindsThat(({ counts }) => counts);
export const FILE_KINDS = kindsThat(({ files }) => files);
/** Of these a job has one at a time: what such a task is busy with, the whole job is. */
export const LONE_KINDS = kindsThat(({ role, files }) => role === 'first' || role === 'close' || files);

export function roleOf(kind: TaskKind): TaskRole {
  return TASK_KINDS[kind].role;
}
