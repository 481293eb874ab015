import type { UploadView } from '../grid/face.ts';

export interface StoredUpload extends UploadView {
  readonly multipartId?: string;
}

export interface UploadStore {
  create(upload: {
    uploadId: string;
    ownerId: string;
    name: string;
    bucket: string;
    key: string;
    sizeBytes?: number;
  }): Promise<StoredUpload>;
  /** `not_found` for another owner's. */
  get(uploadId: string, ownerId?: string): Promise<StoredUpload>;
  list(ownerId: string): Promise<StoredUpload[]>;
  /** Somebody goes on with it: it does not expire for a while. */
  touch(uploadId: string): Promise<void>;
  /** The multipart id that counts: of several that start at once, the first. */
  setMultipart(uploadId: string, multipartId: string): Promise<string>;
  setComplete(uploadId: string, sizeBytes: number): Promise<StoredUpload>;
  /** Its bytes become garbage. `failed_precondition` while a job that has not ended reads them. */
  remove(uploadId: string): Promise<void>;
}
