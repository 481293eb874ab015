import { GridError } from '../../shared/errors.ts';
import type { MultipartRef, ObjectStat, ObjectStore, UploadedPart } from '../objects/object-store.ts';
import type { StoredUpload, UploadStore } from '../store/upload-store.ts';
import { checkParts, partBytesOf } from './multipart.ts';

const CONTENT_TYPE = 'application/octet-stream';

function multipartOf(upload: StoredUpload): MultipartRef {
  if (upload.multipartId === undefined) {
    throw new GridError('failed_precondition', `upload ${upload.uploadId} is not a multipart upload`);
  }
  return { bucket: upload.bucket, key: upload.key, uploadId: upload.multipartId };
}

function isGone(thrown: unknown): boolean {
  return thrown instanceof GridError && thrown.code === 'not_found';
}

/** Parts that have arrived; none unless it is an open multipart upload. */
export async function arrivedParts(objects: ObjectStore, upload: StoredUpload) {
  const started = upload.state === 'open' && upload.multipartId !== undefined;
  const parts = started
    ? await objects.listParts(multipartOf(upload)).catch((thrown: unknown): UploadedPart[] => {
        if (isGone(thrown)) return [];
        throw thrown;
      })
    : [];
  return { partBytes: partBytesOf(upload.sizeBytes), parts };
}

/** The multipart upload that counts, started where there is none. */
export async function startedMultipart(
  { uploads, objects }: { readonly uploads: UploadStore; readonly objects: ObjectStore },
  upload: StoredUpload,
): Promise<MultipartRef> {
  if (upload.multipartId !== undefined) return multipartOf(upload);
  const mine = await objects.startMultipart(upload, CONTENT_TYPE);
  const multipartId = await uploads.setMultipart(upload.uploadId, mine.uploadId);
  if (multipartId !== mine.uploadId) await objects.abortMultipart(mine);
  return multipartOf({ ...upload, multipartId });
}

async function join(objects: ObjectStore, upload: StoredUpload): Promise<void> {
  const ref = multipartOf(upload);
  try {
    const parts = await objects.listParts(ref);
    checkParts(parts, upload.sizeBytes);
    await objects.completeMultipart(ref, parts);
  } catch (thrown) {
    // Another request has joined it meanwhile.
    if (!isGone(thrown)) throw thrown;
  }
}

/** Joins the parts where there are any. Throws unless all bytes are there, as many as were announced. */
export async function arrivedObject(objects: ObjectStore, upload: StoredUpload): Promise<ObjectStat> {
  let stat = await objects.stat(upload);
  if (stat === undefined && upload.multipartId !== undefined) {
    await join(objects, upload);
    stat = await objects.stat(upload);
  }
  if (stat === undefined || stat.sizeBytes === 0) {
    throw new GridError(
      'failed_precondition',
      `upload ${upload.uploadId} has no bytes yet: PUT the file to its URL first`,
      { details: { field: 'upload_id', value: upload.uploadId } },
    );
  }
  if (upload.sizeBytes === undefined || upload.sizeBytes === stat.sizeBytes) return stat;
  // The URL may only create, so what is there must go before the file can be sent again.
  await objects.remove([upload]);
  const message = `upload ${upload.uploadId} has ${stat.sizeBytes} bytes, ${upload.sizeBytes} were announced: it is truncated; send it again`;
  throw new GridError('unprocessable', message, {
    details: { field: 'size_bytes', value: stat.sizeBytes },
  });
}
