import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { backoffMs } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import { GridError } from '../shared/errors.ts';
import type { Artifact, UploadTarget } from '../shared/gen/clipgrid/v1/artifact.ts';
import type { IdSource } from '../shared/ids.ts';
import type { RateLimit } from './rate-limit.ts';
import { throwIfAborted } from './subprocess.ts';

/** Hashes a finished file: SHA-256 names it, MD5 is what object stores tell of it. */
export async function describeArtifact(name: string, path: string): Promise<Artifact> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  for await (const chunk of createReadStream(path)) {
    sha256.update(chunk as Buffer);
    md5.update(chunk as Buffer);
  }
  const { size } = await stat(path);
  return { name, sha256: sha256.digest('hex'), md5: md5.digest('hex'), sizeBytes: size };
}

const STALL_MS = 60_000;

interface PutInput {
  readonly target: UploadTarget;
  readonly path: string;
  readonly signal: AbortSignal;
  /** Of all uploads together. */
  readonly limit?: RateLimit | undefined;
}

/** The bytes of a file, no faster than the limit. */
async function* paced(path: string, { signal, limit }: PutInput): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path)) {
    await limit?.take((chunk as Buffer).length, signal);
    yield chunk as Buffer;
  }
}

/** One PUT, streamed. Resolves to the status; a broken connection rejects. */
async function put(input: PutInput): Promise<{ status: number; body: string }> {
  const { target, path, signal } = input;
  const { size } = await stat(path);
  const url = new URL(target.url);
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    method: 'PUT',
    headers: { ...target.headers, 'content-length': size },
    signal,
  });
  // A store that neither takes nor says anything is asked again (L14).
  request.setTimeout(STALL_MS, () => request.destroy(new Error(`nothing moved for ${STALL_MS / 1000} s`)));
  const answered = new Promise<{ status: number; body: string }>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body = (body + text).slice(0, 2_000)));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.once('error', reject);
    });
  });
  // A store that refuses early closes the connection under the body: its answer, not the broken pipe, is the reason.
  pipeline(input.limit ? paced(path, input) : createReadStream(path), request).catch(() => undefined);
  return answered;
}

/** A finished piece of work is kept for so long while the store is away; its lease goes on being renewed. */
const PATIENCE_MS = 5 * 60_000;
/** A store that is full will hardly have room in a moment. */
const TRIES_WHEN_FULL = 8;
const STORE_FULL = 507;

/** Uploads a file to its signed URL; tries again while the store does not answer. */
export async function uploadArtifact(deps: { clock: Clock; ids: IdSource }, input: PutInput): Promise<void> {
  const fromMs = deps.clock.monotonicMs();
  for (let attempt = 0; ; attempt++) {
    throwIfAborted(input.signal);
    const answer = await put(input).catch((error: unknown) => ({ status: 0, body: String(error) }));
    const { status, body } = answer;
    // 412: these very bytes are there already; the commit checks them.
    if ((status >= 200 && status < 300) || status === 412) return;
    throwIfAborted(input.signal);
    const passing = status === 0 || status === 408 || status === 429 || status >= 500;
    const full = status === STORE_FULL && attempt + 1 >= TRIES_WHEN_FULL;
    if (!passing || full || deps.clock.monotonicMs() - fromMs > PATIENCE_MS) {
      const code = status === STORE_FULL ? 'disk_full' : 'unavailable';
      throw new GridError(
        code,
        `the upload of ${input.target.name} failed with status ${status}: ${body.slice(0, 200)}`,
      );
    }
    await deps.clock.sleep(
      backoffMs(attempt, { firstMs: 250, maxMs: 8_000 }, () => deps.ids.random()),
      input.signal,
    );
  }
}
