import type {
  AdminServiceServer,
  CompleteUploadRequest,
  CreateUploadRequest,
  DeleteUploadRequest,
  GetUploadRequest,
  ListUploadPartsRequest,
  ListUploadsRequest,
  SignUploadPartsRequest,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { ownerFilter } from '../../domain/account.ts';
import { parseRequest } from '../../domain/invalid.ts';
import { partsRequest, uploadRequest } from '../../domain/requests.ts';
import { unary } from '../unary.ts';
import type { AdminDeps } from './deps.ts';
import { uploadMessage } from './messages.ts';
import { slicePage } from './paging.ts';

type Calls =
  | 'listUploads'
  | 'getUpload'
  | 'createUpload'
  | 'signUploadParts'
  | 'listUploadParts'
  | 'completeUpload'
  | 'deleteUpload';

/** Films on their way in: each owner's own. The bytes go to signed URLs. */
export function uploadCalls(deps: AdminDeps): Pick<AdminServiceServer, Calls> {
  const { uploads } = deps.grid;
  return {
    listUploads: unary(deps, 'read', async (request: ListUploadsRequest, { ownerId }) => {
      const { items, nextPageToken } = slicePage(request, await uploads.list(ownerId), (one) => one.uploadId);
      return { uploads: items.map(uploadMessage), nextPageToken };
    }),

    getUpload: unary(deps, 'read', async ({ uploadId }: GetUploadRequest, principal) => ({
      upload: uploadMessage(await uploads.get(uploadId, ownerFilter(principal))),
    })),

    createUpload: unary(deps, 'submit', async (request: CreateUploadRequest, { ownerId }) => {
      const { name, size_bytes: sizeBytes } = parseRequest(uploadRequest, {
        name: request.name,
        ...(request.sizeBytes === 0 ? {} : { size_bytes: request.sizeBytes }),
      });
      const size = sizeBytes === undefined ? {} : { sizeBytes };
      const { upload, url, headers } = await uploads.create({ ownerId, name, ...size });
      return { upload: uploadMessage(upload), url, headers: { ...headers } };
    }),

    signUploadParts: unary(deps, 'submit', async (request: SignUploadPartsRequest, { ownerId }) => {
      const { parts } = parseRequest(partsRequest, { parts: request.parts });
      const { partBytes, urls } = await uploads.signParts(request.uploadId, ownerId, parts);
      return { partBytes, urls: [...urls] };
    }),

    listUploadParts: unary(deps, 'submit', async ({ uploadId }: ListUploadPartsRequest, { ownerId }) => {
      const { partBytes, parts } = await uploads.listParts(uploadId, ownerId);
      return { partBytes, parts: [...parts] };
    }),

    completeUpload: unary(deps, 'submit', async ({ uploadId }: CompleteUploadRequest, { ownerId }) => ({
      upload: uploadMessage(await uploads.complete(uploadId, ownerId)),
    })),

    deleteUpload: unary(deps, 'submit', async ({ uploadId }: DeleteUploadRequest, { ownerId }) => {
      await uploads.remove(uploadId, ownerId);
      return {};
    }),
  };
}
