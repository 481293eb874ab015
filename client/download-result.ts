import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { backoffMs } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import { GridError, toGridError } from '../shared/errors.ts';
import type { IdSource } from '../shared/ids.ts';
import type { JobSummary } from './documents.ts';
import { problemOf, type RestClient } from './rest-client.ts';

export interface DownloadOptions {
  readonly client: RestClient;
  /** Where the result goes; replaced when it exists. */
  readonly output: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly signal: AbortSignal;
  onBytes(done: number, total: number): void;
  onNote?(line: string): void;
}

const TRIES = 8;
const RETRY = { firstMs: 500, maxMs: 15_000 };

type Result = NonNullable<JobSummary['result']>;

/** Unfinished bytes; the name tells of which result, so that one is never gone on with as another. */
export function partialPath(output: string, sha256: string): string {
  return `${output}.${sha256.slice(0, 12)}.part`;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (info) => info.size,
    () => 0,
  );
}

async function hashFile(path: string): Promise<Hash> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash;
}

/** Downloads a job's result: goes on where an earlier try ended, checks size and SHA-256, and only then names it `output`. */
export async function downloadResult(job: JobSummary, options: DownloadOptions): Promise<Result> {
  const { result } = job;
  if (result === null) {
    const why = job.state === 'succeeded' ? 'its result was removed' : `it is ${job.state}`;
    throw new GridError('failed_precondition', `job ${job.job_id} has no result: ${why}`);
  }
  const { output } = options;
  if (
    (await sizeOf(output)) === result.size_bytes &&
    (await hashFile(output)).digest('hex') === result.sha256
  ) {
    options.onNote?.(`${output} is the whole result already`);
    return result;
  }
  const partial = partialPath(output, result.sha256);
  // Parts of an earlier try may be wrong: after one mismatch everything is fetched anew.
  for (const last of [false, true]) {
    await fetchAll(job.job_id, result, { ...options, output: partial });
    const actual = (await hashFile(partial)).digest('hex');
    if (actual === result.sha256) break;
    await rm(partial);
    if (!last)
      options.onNote?.('what was there of an earlier download is not right; fetching all of it again');
    else
      throw new GridError(
        'digest_mismatch',
        `the downloaded bytes have the SHA-256 ${actual}, the result has ${result.sha256}: download it again`,
      );
  }
  await rename(partial, output);
  return result;
}

/** Fetches what is missing of the file at `output`, over broken connections, until it has the result's size. */
async function fetchAll(jobId: string, result: Result, options: DownloadOptions): Promise<void> {
  const { output, clock, ids, signal } = options;
  const total = result.size_bytes;
  if ((await sizeOf(output)) > total) await rm(output);
  for (let attempt = 0; ; attempt++) {
    const before = await sizeOf(output);
    options.onBytes(before, total);
    if (before === total) return;
    try {
      const url = await options.client.redirect(`/jobs/${encodeURIComponent(jobId)}/result`);
      await fetchFrom(url, { start: before, total }, options);
    } catch (thrown) {
      if (signal.aborted) throw new GridError('cancelled', 'interrupted');
      if ((await sizeOf(output)) > before) attempt = -1;
      const error = toGridError(thrown);
      if (!error.retryable || attempt + 1 >= TRIES) throw thrown;
      options.onNote?.(`${error.message}; going on`);
      await clock.sleep(
        backoffMs(Math.max(0, attempt), RETRY, () => ids.random()),
        signal,
      );
    }
  }
}

async function fetchFrom(
  url: string,
  { start, total }: { start: number; total: number },
  options: DownloadOptions,
): Promise<void> {
  const { output, signal } = options;
  try {
    const response = await fetch(url, { signal, headers: start > 0 ? { range: `bytes=${start}-` } : {} });
    if (!response.ok || !response.body) throw await problemOf(response);
    // A store that ignores ranges sends everything.
    const from = response.status === 206 ? start : 0;
    let done = from;
    const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        yield chunk;
        options.onBytes((done += chunk.length), total);
      }
    };
    const body = Readable.fromWeb(response.body as ReadableStream);
    await pipeline(body, counted, createWriteStream(output, { flags: from > 0 ? 'a' : 'w' }));
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (code === 'ENOSPC')
      throw new GridError('disk_full', `no space is left for ${output}`, { cause: thrown });
    if (typeof code === 'string' && /^E(ACCES|NOENT|ISDIR|NOTDIR|PERM|ROFS)$/.test(code))
      throw new GridError('invalid_argument', `${output} cannot be written: ${toGridError(thrown).message}`);
    if (thrown instanceof GridError) throw thrown;
    const why = toGridError(thrown).message;
    throw new GridError('unavailable', `the download broke: ${why}`, { cause: thrown });
  }
}
