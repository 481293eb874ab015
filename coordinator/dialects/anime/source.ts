import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { GridError, toGridError } from '../../../shared/errors.ts';
import type { SourceRef } from '../../domain/job.ts';
import type { ObjectRef, ObjectStore } from '../../objects/object-store.ts';
import type { SourceRoot } from './settings.ts';

function missing(srcPath: string): GridError {
  return new GridError('source_missing', `there is no source ${srcPath} below the source root`);
}

/**
 * Opens a source of a folder. What lies outside of it, by whatever links, is never read. Links are resolved first, and the
 * result is opened without following any.
 */
export async function openSource(root: string, srcPath: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    const folder = await realpath(root);
    const path = await realpath(join(folder, srcPath));
    if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) throw missing(srcPath);
    // A pipe must not hold us up.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    throw missing(srcPath);
  } catch (error) {
    await file?.close();
    if (error instanceof GridError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO'].includes(code)) {
      const message = `the source ${srcPath} cannot be read: ${code || 'unknown error'}`;
      throw new GridError('source_unreadable', message, { cause: error });
    }
    throw missing(srcPath);
  }
}

interface FetchInput {
  readonly root: SourceRoot | undefined;
  readonly srcPath: string;
  readonly objects: ObjectStore;
  /** Where a file's copy goes. */
  readonly copy: ObjectRef;
  readonly signal: AbortSignal;
}

/** The source as an object that agents can read: itself, or a copy of the file. `source_missing`, `source_unreadable`. */
export async function fetchSource({ root, srcPath, objects, copy, signal }: FetchInput): Promise<SourceRef> {
  if (root === undefined) {
    throw new GridError('source_missing', `there is no source ${srcPath}: ANIME_SRC_ROOT_DIR is not set`);
  }
  if (root.kind === 'bucket') {
    const object = { bucket: root.bucket, key: root.prefix === '' ? srcPath : `${root.prefix}/${srcPath}` };
    const sizeBytes = (await objects.stat(object))?.sizeBytes ?? 0;
    if (sizeBytes === 0) throw missing(srcPath);
    return { ...object, sizeBytes };
  }
  const file = await openSource(root.path, srcPath);
  try {
    const body = file.createReadStream({ autoClose: false, signal });
    const options = { contentType: 'application/octet-stream', createOnly: false };
    const { sizeBytes } = await objects.write(copy, body, options);
    if (sizeBytes === 0) throw new GridError('source_unreadable', `the source ${srcPath} is empty`);
    return { ...copy, sizeBytes };
  } finally {
    await file.close();
  }
}

/** Whether what was thrown passes by itself; anything else is the end of the job. */
export function passes(thrown: unknown): boolean {
  // `cancelled`: this process stops, or lost its claim; another one goes on.
  const codes = ['unavailable', 'timeout', 'internal', 'resource_exhausted', 'cancelled'];
  return codes.includes(toGridError(thrown).code);
}
