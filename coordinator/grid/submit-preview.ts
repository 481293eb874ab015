import { GridError } from '../../shared/errors.ts';
import { MAX_OPEN_PREVIEWS, PREVIEW_PRIORITY, previewOf } from '../domain/preview-plan.ts';
import type { JobStore } from '../store/job-store.ts';
import type { JobView, UploadsFace } from './face.ts';
import type { PreviewInput } from './film-input.ts';
import { submitJob, type SubmitDeps } from './submit-job.ts';

const OPEN = ['queued', 'indexing', 'encoding', 'merging'] as const;

/** Submits a frame to look at, if not too many of the owner's wait for an agent (`resource_exhausted`). */
export async function submitPreview(
  deps: SubmitDeps & { readonly uploads: Pick<UploadsFace, 'source'>; readonly jobs: Pick<JobStore, 'list'> },
  { ownerId, request }: PreviewInput,
): Promise<JobView> {
  const { name, source } = await deps.uploads.source(request.upload_id, ownerId);
  const open = await deps.jobs.list({ ownerId, shape: 'preview', states: OPEN, limit: MAX_OPEN_PREVIEWS });
  if (open.items.length >= MAX_OPEN_PREVIEWS) {
    const message = `${MAX_OPEN_PREVIEWS} previews of yours wait or run: look at those first, or delete them (DELETE /api/v1/jobs/ID)`;
    throw new GridError('resource_exhausted', message);
  }
  const spec = previewOf(request, source);
  return submitJob(deps, { ownerId, dialect: 'grid', name, priority: PREVIEW_PRIORITY, spec });
}
