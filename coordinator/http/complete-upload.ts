import { GridError } from '../../shared/errors.ts';
import type { SourceRef } from '../domain/job.ts';
import type { ApiDeps } from './context.ts';

/** The film that a request names by its upload. `failed_precondition` while its bytes are not all there. */
export async function completeUpload(
  { grid }: Pick<ApiDeps, 'grid'>,
  uploadId: string,
  ownerId: string,
): Promise<{ name: string; source: SourceRef }> {
  const { name, state, bucket, key, sizeBytes } = await grid.uploads.get(uploadId, ownerId);
  if (state === 'complete' && sizeBytes !== undefined) return { name, source: { bucket, key, sizeBytes } };
  const details = { field: 'upload_id', value: uploadId };
  throw new GridError('failed_precondition', `upload ${uploadId} is not complete: finish it first`, {
    details,
  });
}
