import { systemClock } from '../shared/clock.ts';
import { systemIds } from '../shared/ids.ts';
import { downloadResult as download } from './download-result.ts';
import type { GridClient } from './index.ts';
import { uploadFilm } from './upload-film.ts';

export interface TransferOptions {
  readonly signal?: AbortSignal;
  /** Bytes that are there, of all. */
  onBytes?(done: number, total: number): void;
  /** What a person may want to know: a break that is tried again, an earlier try that is gone on with. */
  onNote?(line: string): void;
}

function transfer({ raw }: GridClient, { signal, onBytes, onNote }: TransferOptions) {
  return {
    client: raw,
    clock: systemClock,
    ids: systemIds(() => systemClock.wallMs()),
    signal: signal ?? new AbortController().signal,
    onBytes: (done: number, total: number) => onBytes?.(done, total),
    ...(onNote ? { onNote } : {}),
  };
}

/** Uploads a film of this machine, resolves to the upload's id. A large one goes in parts, and on where an earlier try ended. */
export function uploadFile(grid: GridClient, file: string, options: TransferOptions = {}): Promise<string> {
  return uploadFilm({ ...transfer(grid, options), file });
}

/**
 * Fetches the result of a job that succeeded into `output`, which is replaced when it exists: over breaks, and checked
 * by size and SHA-256. `failed_precondition` when the job has no result.
 */
export async function downloadResult(
  grid: GridClient,
  jobId: string,
  { output, ...options }: TransferOptions & { readonly output: string },
): Promise<void> {
  await download(await grid.job(jobId), { ...transfer(grid, options), output });
}
