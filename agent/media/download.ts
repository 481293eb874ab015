import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import type { ObjectInput } from '../../shared/gen/clipgrid/v1/task.ts';
import type { RateLimit } from '../rate-limit.ts';
import { withStall } from '../stall.ts';
import { requestRange, STALL_MS, withRetry } from './upstream.ts';

interface Download {
  readonly file: FileHandle;
  readonly hash: Hash;
  readonly path: string;
  written: number;
}

/**
 * Downloads a whole object to `path`, going on where a broken connection left off. Checks size and, when it is known,
 * SHA-256 (`digest_mismatch`). No room is `disk_full`. Returns the hex SHA-256.
 */
export async function downloadObject(
  clock: Clock,
  input: ObjectInput,
  target: { readonly path: string; readonly signal: AbortSignal; readonly limit?: RateLimit | undefined },
): Promise<string> {
  const file = await open(target.path, 'w');
  const { signal } = target;
  const stall = { clock, signal, stallMs: STALL_MS, what: `object ${input.cacheKey}` };
  const download: Download = { file, hash: createHash('sha256'), path: target.path, written: 0 };
  try {
    while (download.written < input.sizeBytes) {
      const before = download.written;
      // Tries are counted afresh after every byte of progress, so a long download survives many short breaks.
      await withRetry(clock, target.signal, async () => {
        await withStall(stall, (signal, alive) =>
          receive(input, download, { signal, alive, limit: target.limit }),
        ).catch((thrown: unknown) => {
          if (download.written === before || thrown instanceof GridError) throw thrown;
        });
        if (download.written === before) throw new GridError('unavailable', 'the store sent no bytes');
      });
    }
  } finally {
    await file.close();
  }
  const sha256 = download.hash.digest('hex');
  if (input.sha256 !== '' && input.sha256 !== sha256) {
    throw new GridError(
      'digest_mismatch',
      `object ${input.cacheKey} hashes to ${sha256}, not ${input.sha256}`,
      {
        retryable: true,
      },
    );
  }
  return sha256;
}

async function receive(
  input: ObjectInput,
  download: Download,
  { signal, alive, limit }: { signal: AbortSignal; alive: () => void; limit: RateLimit | undefined },
): Promise<void> {
  const range = { start: download.written, end: input.sizeBytes };
  const response = await requestRange(input, range, signal);
  for await (const chunk of response.body ?? []) {
    alive();
    if (download.written + chunk.length > input.sizeBytes) {
      throw new GridError(
        'digest_mismatch',
        `object ${input.cacheKey} is longer than ${input.sizeBytes} bytes`,
      );
    }
    await write(download, chunk);
    download.hash.update(chunk);
    download.written += chunk.length;
    await limit?.take(chunk.length, signal);
    alive();
  }
}

async function write(download: Download, chunk: Uint8Array): Promise<void> {
  try {
    let offset = 0;
    while (offset < chunk.length) {
      const at = download.written + offset;
      const { bytesWritten } = await download.file.write(chunk, offset, chunk.length - offset, at);
      offset += bytesWritten;
    }
  } catch (thrown) {
    if (
      thrown instanceof Error &&
      'code' in thrown &&
      (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT')
    ) {
      throw new GridError(
        'disk_full',
        `no room for object data in ${download.path} after ${download.written} bytes`,
        {
          retryable: true,
          cause: thrown,
        },
      );
    }
    throw new GridError('internal', `cannot write ${download.path}`, { cause: thrown });
  }
}
