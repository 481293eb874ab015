import { sql } from 'kysely';
import { GridError } from '../../../shared/errors.ts';
import { isUuid } from '../../../shared/ids.ts';
import type { Selectable } from 'kysely';
import type { UploadsTable } from '../schema.ts';
import type { Db, Transaction } from '../transaction.ts';
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

async function remove(tx: Transaction, uploadId: string): Promise<void> {
  const { rows } = await sql<{ job_id: string }>`
    select j.job_id from uploads u join jobs j on j.spec->'source'->>'key' = u.object_key
    where u.upload_id = ${uploadId}::uuid and j.finished_at is null limit 1`.execute(tx);
  if (rows[0]) {
    const message = `upload ${uploadId} is read by job ${rows[0].job_id}: cancel that first, or wait for its end`;
    throw new GridError('failed_precondition', message, {
      details: { field: 'upload_id', value: uploadId },
    });
  }
  await sql`
    with gone as (
      delete from uploads where upload_id = ${uploadId}::uuid returning bucket, object_key, multipart_id
    )
    insert into garbage (refs)
    select jsonb_build_array(jsonb_strip_nulls(
      jsonb_build_object('bucket', bucket, 'key', object_key, 'multipartId', multipart_id))) from gone`.execute(
    tx,
  );
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
    async touch(uploadId) {
      await sql`update uploads set touched_at = now() where upload_id = ${uploadId}::uuid`.execute(db);
    },
    async setMultipart(uploadId, multipartId) {
      const { rows } = await sql<{ multipart_id: string }>`
        update uploads set multipart_id = coalesce(multipart_id, ${multipartId}), touched_at = now()
        where upload_id = ${uploadId}::uuid returning multipart_id`.execute(db);
      if (rows[0] === undefined) throw noUpload(uploadId);
      return rows[0].multipart_id;
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
    remove: (uploadId) => db.transaction().execute((tx) => remove(tx, uploadId)),
  };
}
