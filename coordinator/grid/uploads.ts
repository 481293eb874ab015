import { GridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import { sourceKey } from '../domain/object-keys.ts';
import type { MultipartRef, ObjectStore } from '../objects/object-store.ts';
import type { StoredUpload, UploadStore } from '../store/upload-store.ts';
import type { UploadsFace } from './face.ts';

export interface UploadsDeps {
  readonly uploads: UploadStore;
  readonly objects: ObjectStore;
  readonly ids: IdSource;
  readonly bucket: string;
  readonly urlExpiryS: number;
}

/** S3's smallest part; larger ones keep a 1 TiB file below its 10,000 parts. */
const MIN_PART_BYTES = 16 * 1024 * 1024;
const MAX_PARTS = 10_000;
const CONTENT_TYPE = 'application/octet-stream';

function partBytesOf(sizeBytes: number | undefined): number {
  const needed = Math.ceil((sizeBytes ?? 0) / MAX_PARTS / MIN_PART_BYTES) * MIN_PART_BYTES;
  return Math.max(MIN_PART_BYTES, needed);
}

function multipartOf(upload: StoredUpload): MultipartRef {
  if (upload.multipartId === undefined) {
    throw new GridError('failed_precondition', `upload ${upload.uploadId} is not a multipart upload`);
  }
  return { bucket: upload.bucket, key: upload.key, uploadId: upload.multipartId };
}

async function arrivedParts(objects: ObjectStore, upload: StoredUpload) {
  const started = upload.state === 'open' && upload.multipartId !== undefined;
  const parts = started ? await objects.listParts(multipartOf(upload)) : [];
  return { partBytes: partBytesOf(upload.sizeBytes), parts };
}

/** Films on their way in: signed URLs, so that no byte passes through this process's memory. */
export function createUploads(deps: UploadsDeps): UploadsFace {
  const { uploads, objects, ids, bucket, urlExpiryS } = deps;

  const open = async (uploadId: string, ownerId: string): Promise<StoredUpload> => {
    const upload = await uploads.get(uploadId, ownerId);
    if (upload.state === 'open') return upload;
    throw new GridError('failed_precondition', `upload ${uploadId} is complete: start a new one`);
  };

  const join = async (upload: StoredUpload): Promise<void> => {
    const ref = multipartOf(upload);
    await objects.completeMultipart(ref, await objects.listParts(ref));
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
      let upload = await open(uploadId, ownerId);
      if (upload.multipartId === undefined) {
        const started = await objects.startMultipart(upload, CONTENT_TYPE);
        await uploads.setMultipart(uploadId, started.uploadId);
        upload = { ...upload, multipartId: started.uploadId };
      }
      const ref = multipartOf(upload);
      const sign = async (part: number): Promise<string> =>
        (await objects.signPart(ref, { part, expiresS: urlExpiryS, audience: 'public' })).url;
      return { partBytes: partBytesOf(upload.sizeBytes), urls: await Promise.all(parts.map(sign)) };
    },
    listParts: async (uploadId, ownerId) => arrivedParts(objects, await uploads.get(uploadId, ownerId)),
    async complete(uploadId, ownerId) {
      const upload = await uploads.get(uploadId, ownerId);
      if (upload.state === 'complete') return upload;
      let stat = await objects.stat(upload);
      if (stat === undefined && upload.multipartId !== undefined) {
        await join(upload);
        stat = await objects.stat(upload);
      }
      if (stat === undefined || stat.sizeBytes === 0) {
        throw new GridError(
          'failed_precondition',
          `upload ${uploadId} has no bytes yet: PUT the file to its URL first`,
        );
      }
      if (upload.sizeBytes !== undefined && upload.sizeBytes !== stat.sizeBytes) {
        const message = `upload ${uploadId} has ${stat.sizeBytes} bytes, ${upload.sizeBytes} were announced: it is truncated`;
        throw new GridError('unprocessable', message, {
          details: { field: 'size_bytes', value: stat.sizeBytes },
        });
      }
      return uploads.setComplete(uploadId, stat.sizeBytes);
    },
    async remove(uploadId, ownerId) {
      const upload = await uploads.get(uploadId, ownerId);
      if (upload.multipartId !== undefined) await objects.abortMultipart(multipartOf(upload));
      await uploads.remove(uploadId);
      await objects.remove([upload]);
    },
  };
}
