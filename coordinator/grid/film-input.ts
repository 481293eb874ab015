import type { JobRequest } from '../domain/requests.ts';

/** A film of the own API, and whose it is. */
export interface FilmInput {
  readonly ownerId: string;
  readonly request: JobRequest;
  readonly idempotencyKey?: string;
  /** W3C traceparent of the trace that it belongs to. */
  readonly traceparent?: string;
}
