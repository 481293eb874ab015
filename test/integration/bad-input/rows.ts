import type { FilmName } from './films.ts';

/** A request that is refused at once. `@upload` stands for the id of a good film, in any text of it. */
export interface RequestRow {
  readonly name: string;
  /** Method and path below `/api/v1`. Default: submit a job. */
  readonly request?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** As JSON. */
  readonly body?: unknown;
  /** As it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  /** Sent in pieces, without a length. */
  readonly streamed?: boolean;
  readonly status: number;
  readonly code: string;
  /** The field that is named, and the value that is shown; undefined: that value is absent. */
  readonly field: string;
  readonly value?: unknown;
  readonly says: string | RegExp;
}

/** A film that cannot be uploaded as announced. */
export interface UploadRow {
  readonly name: string;
  readonly announced?: number;
  readonly bytes: number;
  /** Status of the PUT, and what it says when that is a refusal. */
  readonly put: number;
  readonly putSays?: string;
  /** What the completion says. */
  readonly says: string;
}

/** A job that is taken and cannot succeed. */
export interface JobRow {
  readonly name: string;
  /** Default: good. */
  readonly film?: FilmName;
  readonly script?: string;
  readonly encode?: string;
  readonly audio?: string;
  readonly timeoutS?: number;
  readonly code: string;
  readonly stage: 'index' | 'encode' | 'audio';
  /** In the message. */
  readonly says: string | RegExp;
  /** In the last lines of the tool. */
  readonly log?: string;
  /** Of the failed task. `one`: no other agent would do better. */
  readonly attempts: 'one' | 'several';
}

/** A job that is taken and waits, and says for what. */
export interface WaitingRow {
  readonly name: string;
  readonly encode: string;
  readonly waiting: string;
}
