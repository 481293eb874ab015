import type {
  AdminServiceServer,
  GetResultRequest,
  ListFilesRequest,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { ownerFilter } from '../../domain/account.ts';
import { unary } from '../unary.ts';
import type { AdminDeps } from './deps.ts';
import { slicePage } from './paging.ts';

const URL_EXPIRY_S = 6 * 3600;

/** What a job made, by signed URL. */
export function resultCalls(deps: AdminDeps): Pick<AdminServiceServer, 'getResult' | 'listFiles'> {
  const { jobs } = deps.grid;
  return {
    getResult: unary(deps, 'read', async ({ jobId, inline }: GetResultRequest, principal) => {
      const { result } = await jobs.get(jobId, ownerFilter(principal));
      const url = await jobs.resultUrl(jobId, URL_EXPIRY_S, inline ? 'inline' : 'attachment');
      return { url, sizeBytes: result?.sizeBytes ?? 0, sha256: result?.sha256 ?? '' };
    }),

    listFiles: unary(deps, 'read', async (request: ListFilesRequest, principal) => {
      const { jobId } = await jobs.get(request.jobId, ownerFilter(principal));
      const all = await jobs.signedFiles(jobId, URL_EXPIRY_S);
      const { items, nextPageToken } = slicePage(request, all, (file) => file.name);
      const files = items.map(({ name, url, artifact: { sizeBytes, sha256 } }) => ({
        name,
        url,
        sizeBytes,
        sha256,
      }));
      return { files, nextPageToken };
    }),
  };
}
