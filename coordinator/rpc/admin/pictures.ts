import { buffer } from 'node:stream/consumers';
import { GridError } from '../../../shared/errors.ts';
import { PREVIEW_FILES } from '../../../shared/preview-files.ts';
import type {
  AdminServiceServer,
  CreatePreviewRequest,
  GetClipThumbnailRequest,
  GetPreviewRequest,
  Preview,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { ownerFilter } from '../../domain/account.ts';
import { parseRequest } from '../../domain/invalid.ts';
import { PREVIEW_CANCELLED, PREVIEW_STATES } from '../../domain/preview-plan.ts';
import { previewRequest } from '../../domain/requests.ts';
import type { Grid, JobView } from '../../grid/face.ts';
import { unary } from '../unary.ts';
import { invalidField, type AdminDeps } from './deps.ts';
import { failureMessage } from './messages.ts';

/** The job of a preview is removed by then. */
const URL_EXPIRY_S = 3600;
/** Agents make pictures of 64 KiB at most: a larger one would not be a thumbnail. */
const MAX_THUMBNAIL_BYTES = 1024 * 1024;

async function previewMessage({ jobs }: Grid, job: JobView): Promise<Preview> {
  const { jobId, state, spec } = job;
  if (spec.shape !== 'preview')
    throw new GridError('not_found', `there is no preview ${jobId}`, {
      details: { field: 'preview_id', value: jobId },
    });
  const outcome = state === 'succeeded' ? await jobs.outcome(jobId, 'preview') : undefined;
  const shown = outcome?.kind?.$case === 'preview' ? outcome.kind.value : undefined;
  const files = shown ? await jobs.signedFiles(jobId, URL_EXPIRY_S) : [];
  const urlOf = (picture: string): string => files.find(({ name }) => name === picture)?.url ?? '';
  return {
    previewId: jobId,
    state: PREVIEW_STATES[state],
    atSeconds: spec.atS,
    shownSeconds: shown?.atSeconds,
    beforeUrl: urlOf(PREVIEW_FILES.before),
    afterUrl: urlOf(PREVIEW_FILES.after),
    width: shown?.outputWidth ?? 0,
    height: shown?.outputHeight ?? 0,
    sourceWidth: shown?.sourceWidth ?? 0,
    sourceHeight: shown?.sourceHeight ?? 0,
    failure: failureMessage(state === 'cancelled' ? PREVIEW_CANCELLED : job.failure),
    waiting: await jobs.explainJob(jobId),
    createTime: job.createdAt,
  };
}

/** What a script does to one frame, and the pictures of clips. */
export function pictureCalls(
  deps: AdminDeps,
): Pick<AdminServiceServer, 'createPreview' | 'getPreview' | 'getClipThumbnail'> {
  const { jobs } = deps.grid;
  return {
    createPreview: unary(deps, 'submit', async (said: CreatePreviewRequest, { ownerId }) => {
      const { uploadId, script, atSeconds } = said;
      const request = parseRequest(previewRequest, { upload_id: uploadId, script, at_seconds: atSeconds });
      return { preview: await previewMessage(deps.grid, await jobs.submitPreview({ ownerId, request })) };
    }),

    getPreview: unary(deps, 'read', async ({ previewId }: GetPreviewRequest, principal) => ({
      preview: await previewMessage(deps.grid, await jobs.get(previewId, ownerFilter(principal))),
    })),

    getClipThumbnail: unary(deps, 'read', async (request: GetClipThumbnailRequest, principal) => {
      const { jobId } = await jobs.get(request.jobId, ownerFilter(principal));
      const { clipIndex } = request;
      if (clipIndex > 999_999_999) throw invalidField('clip_index', clipIndex, '0 to 999999999');
      const artifact = await jobs.thumbnail(jobId, clipIndex);
      if (artifact === undefined || artifact.sizeBytes > MAX_THUMBNAIL_BYTES) {
        const message = `clip ${clipIndex} of job ${jobId} has no picture: it is there once the clip is encoded`;
        throw new GridError('not_found', message, { details: { field: 'clip_index', value: clipIndex } });
      }
      return { jpeg: await buffer(await jobs.read(artifact)) };
    }),
  };
}
