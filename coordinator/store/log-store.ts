import type { Fence, TaskState } from '../domain/task.ts';

/** A piece of what a task's tools printed. */
export interface PrintedPiece {
  readonly fence: Fence;
  readonly agentId: string;
  /** Characters (UTF-16) that were printed before `text`. */
  readonly start: number;
  readonly text: string;
}

export interface StoredLog {
  /** Of the task. */
  readonly state: TaskState;
  /** 0: nothing was printed. */
  readonly epoch: number;
  readonly epochs: readonly number[];
  /** Characters that were ever printed. */
  readonly end: number;
  /** Rises with each piece, an empty one too. */
  readonly revision: number;
  readonly text: string;
}

export interface LogQuery {
  readonly ownerId?: string | undefined;
  /** Default: the last one that printed something. */
  readonly epoch?: number | undefined;
  /** Not told again where it is still that. */
  readonly known?: Pick<StoredLog, 'epoch' | 'revision'>;
}

/** The output of tools, in rows that nothing else reads. */
export interface LogStore {
  /**
   * Each piece goes behind what is stored of its attempt where it starts there, else in its place. Pieces of attempts that
   * are not that agent's are left out.
   */
  append(pieces: readonly PrintedPiece[]): Promise<void>;
  /** `text` is undefined where it is the known one. `not_found` for a task of somebody else. */
  read(
    taskId: string,
    query: LogQuery,
  ): Promise<Omit<StoredLog, 'text'> & { readonly text: string | undefined }>;
  /** Asks the agent that has the task, by whichever coordinator, to tell at once what is printed, for so long. */
  ask(taskId: string, forMs: number): Promise<void>;
}
