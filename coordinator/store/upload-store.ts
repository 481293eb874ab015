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
  setMultipart(uploadId: string, multipartId: string): Promise<void>;
  setComplete(uploadId: string, sizeBytes: number): Promise<StoredUpload>;
  remove(uploadId: string): Promise<void>;
}
