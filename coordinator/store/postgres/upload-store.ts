import { GridError } from '../../../shared/errors.ts';
import { isUuid } from '../../../shared/ids.ts';
import type { Selectable } from 'kysely';
import type { UploadsTable } from '../schema.ts';
import type { Db } from '../transaction.ts';
import type { StoredUpload, UploadStore } from '../upload-store.ts';

function toUpload(row: Selectable<UploadsTable>): StoredUpload {
  return {
    uploadId: row.upload_id,
    ownerId: row.owner_id,
    name: row.name,
    ...(row.size_bytes === null ? {} : { sizeBytes: row.size_bytes }),
    state: row.state,
    bucket: row.bucket,
    key: row.object_key,
    createdAt: row.created_at,
    ...(row.multipart_id === null ? {} : { multipartId: row.multipart_id }),
  };
}

function noUpload(uploadId: string): GridError {
  return new GridError('not_found', `there is no upload ${uploadId}`, {
    details: { field: 'upload_id', value: uploadId },
  });
}

/** Uploads on PostgreSQL. */
export function postgresUploadStore(db: Db): UploadStore {
  return {
    async create(upload) {
      const row = await db
        .insertInto('uploads')
        .values({
          upload_id: upload.uploadId,
          owner_id: upload.ownerId,
          name: upload.name,
          bucket: upload.bucket,
          object_key: upload.key,
          size_bytes: upload.sizeBytes ?? null,
          multipart_id: null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toUpload(row);
    },
    async get(uploadId, ownerId) {
      if (!isUuid(uploadId)) throw noUpload(uploadId);
      let query = db.selectFrom('uploads').selectAll().where('upload_id', '=', uploadId);
      if (ownerId !== undefined) query = query.where('owner_id', '=', ownerId);
      const row = await query.executeTakeFirst();
      if (row === undefined) throw noUpload(uploadId);
      return toUpload(row);
    },
    async list(ownerId) {
      const rows = await db
        .selectFrom('uploads')
        .selectAll()
        .where('owner_id', '=', ownerId)
        .orderBy('created_at', 'desc')
        .limit(1000)
        .execute();
      return rows.map(toUpload);
    },
    async setMultipart(uploadId, multipartId) {
      await db
        .updateTable('uploads')
        .set({ multipart_id: multipartId })
        .where('upload_id', '=', uploadId)
        .execute();
    },
    async setComplete(uploadId, sizeBytes) {
      const row = await db
        .updateTable('uploads')
        .set({ state: 'complete', size_bytes: sizeBytes })
        .where('upload_id', '=', uploadId)
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) throw noUpload(uploadId);
      return toUpload(row);
    },
    async remove(uploadId) {
      await db.deleteFrom('uploads').where('upload_id', '=', uploadId).execute();
    },
  };
}
