import { filmOf } from '../domain/film-request.ts';
import type { JobView, UploadsFace } from './face.ts';
import type { FilmInput } from './film-input.ts';
import { submitJob, type SubmitDeps } from './submit-job.ts';

/** Submits what somebody asked for through the own API. */
export async function submitFilm(
  deps: SubmitDeps & { readonly uploads: Pick<UploadsFace, 'source'> },
  { ownerId, request, idempotencyKey, traceparent }: FilmInput,
): Promise<JobView> {
  const { name, source } = await deps.uploads.source(request.upload_id, ownerId);
  return submitJob(deps, {
    ownerId,
    dialect: 'grid',
    name: request.name ?? name,
    priority: request.priority,
    spec: filmOf(request, source),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(traceparent === undefined ? {} : { traceparent }),
  });
}
