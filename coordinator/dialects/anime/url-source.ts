import { GridError } from '../../../shared/errors.ts';
import type { Grid, UploadView } from '../../grid/face.ts';
import type { Bringing, Came } from './bring-source.ts';
import { unlessGone, type Context } from './context.ts';
import { ANIME_OWNER } from './settings.ts';
import type { JobRow } from './store.ts';

/** What the URL of a create call is sealed for: it may hold a token. */
export function urlPurpose(taskId: string): string {
  return `anime/source/${taskId}`;
}

function nameOf(taskId: string): string {
  return `anime ${taskId}`;
}

/** Sources of a call that were fetched to their end. */
async function fetched({ uploads }: Grid, taskId: string): Promise<UploadView[]> {
  const all = await uploads.list(ANIME_OWNER);
  return all.filter(({ name, state }) => name === nameOf(taskId) && state === 'complete');
}

/** Also one that is gone already. */
export async function removeUpload({ uploads }: Grid, uploadId: string): Promise<void> {
  await unlessGone(uploads.remove(uploadId, ANIME_OWNER));
}

/** What a killed coordinator may have left of a call that has ended. */
export async function removeFetched(grid: Grid, taskId: string): Promise<void> {
  for (const { uploadId } of await fetched(grid, taskId)) await removeUpload(grid, uploadId);
}

/** A source from a URL, as an upload of the dialect's own. One that a killed coordinator had whole is taken as it is. */
export function urlSource({ parts }: Context, row: JobRow, came: Came): Bringing {
  const { grid } = parts;
  const { task_id: taskId, src_url: sealed } = row;
  return {
    async bring(signal) {
      if (sealed === null) throw new GridError('internal', 'the source has no URL');
      const url = grid.secrets.open(sealed, urlPurpose(taskId));
      const [kept] = await fetched(grid, taskId);
      const onProgress = (bytes: number, sizeBytes: number | undefined): void => {
        came.bytes = bytes;
        came.sizeBytes = sizeBytes ?? null;
      };
      const options = { ownerId: ANIME_OWNER, name: nameOf(taskId), signal, onProgress };
      const { bucket, key, sizeBytes = 0 } = kept ?? (await grid.fetches.fetch(url, options));
      return { bucket, key, sizeBytes };
    },
    undo: () => removeFetched(grid, taskId),
  };
}
