import type { JobRequest, PreviewRequest } from '../domain/requests.ts';

/** A film of the own API, and whose it is. */
export interface FilmInput {
  readonly ownerId: string;
  readonly request: JobRequest;
  readonly idempotencyKey?: string;
  /** W3C traceparent of the trace that it belongs to. */
  readonly traceparent?: string;
}

/** A frame of a film to look at, and who wants to. */
export interface PreviewInput {
  readonly ownerId: string;
  readonly request: PreviewRequest;
}
