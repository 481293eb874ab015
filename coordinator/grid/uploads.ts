import { GridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import { sourceKey } from '../domain/object-keys.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { StoredUpload, UploadStore } from '../store/upload-store.ts';
import type { UploadsFace } from './face.ts';
import { partBytesOf } from './multipart.ts';
import { arrivedObject, arrivedParts, startedMultipart } from './upload-bytes.ts';

export interface UploadsDeps {
  readonly uploads: UploadStore;
  readonly objects: ObjectStore;
  readonly ids: IdSource;
  readonly bucket: string;
  readonly urlExpiryS: number;
}

/** Films on their way in: signed URLs, so that no byte passes through this process's memory. */
export function createUploads(deps: UploadsDeps): UploadsFace {
  const { uploads, objects, ids, bucket, urlExpiryS } = deps;

  const open = async (uploadId: string, ownerId: string): Promise<StoredUpload> => {
    const upload = await uploads.get(uploadId, ownerId);
    if (upload.state === 'open') return upload;
    throw new GridError('failed_precondition', `upload ${uploadId} is complete: start a new one`);
  };

  return {
    async create({ ownerId, name, sizeBytes }) {
      const uploadId = ids.uuid();
      const key = sourceKey(uploadId);
      const size = sizeBytes === undefined ? {} : { sizeBytes };
      const upload = await uploads.create({ uploadId, ownerId, name, bucket, key, ...size });
      const options = { expiresS: urlExpiryS, audience: 'public', createOnly: true, ...size } as const;
      const { url, headers } = await objects.signPut({ bucket, key }, options);
      return { upload, url, headers };
    },
    get: (uploadId, ownerId) => uploads.get(uploadId, ownerId),
    list: (ownerId) => uploads.list(ownerId),
    async signParts(uploadId, ownerId, parts) {
      const upload = await open(uploadId, ownerId);
      const ref = await startedMultipart(deps, upload);
      await uploads.touch(uploadId);
      const sign = async (part: number): Promise<string> =>
        (await objects.signPart(ref, { part, expiresS: urlExpiryS, audience: 'public' })).url;
      return { partBytes: partBytesOf(upload.sizeBytes), urls: await Promise.all(parts.map(sign)) };
    },
    listParts: async (uploadId, ownerId) => arrivedParts(objects, await uploads.get(uploadId, ownerId)),
    async source(uploadId, ownerId) {
      const { name, state, bucket: held, key, sizeBytes } = await uploads.get(uploadId, ownerId);
      if (state === 'complete' && sizeBytes !== undefined)
        return { name, source: { bucket: held, key, sizeBytes } };
      const details = { field: 'upload_id', value: uploadId };
      throw new GridError('failed_precondition', `upload ${uploadId} is not complete: finish it first`, {
        details,
      });
    },
    async complete(uploadId, ownerId) {
      const upload = await uploads.get(uploadId, ownerId);
      if (upload.state === 'complete') return upload;
      const { sizeBytes } = await arrivedObject(objects, upload);
      return uploads.setComplete(uploadId, sizeBytes);
    },
    async remove(uploadId, ownerId) {
      await uploads.get(uploadId, ownerId);
      await uploads.remove(uploadId);
    },
  };
}
