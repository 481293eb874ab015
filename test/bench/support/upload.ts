import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { restOf } from './rest.ts';

interface SignedUpload {
  readonly upload_id: string;
  readonly url: string;
  readonly headers: Record<string, string>;
}

async function put(upload: SignedUpload, body: Readable, sizeBytes: number): Promise<void> {
  const headers = { ...upload.headers, 'content-length': sizeBytes };
  const sending = request(upload.url, { method: 'PUT', headers });
  const answered = new Promise<number>((resolve, reject) => {
    sending.once('error', reject);
    sending.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  await pipeline(body, sending);
  const status = await answered;
  if (status !== 200) throw new Error(`the upload was answered ${status}`);
}

/** Uploads a stream over REST, as any client would; returns the upload's id. */
export async function upload(api: string, body: Readable, sizeBytes: number): Promise<string> {
  const announced = { name: 'bench.mkv', size_bytes: sizeBytes };
  const signed = await restOf(api).post<SignedUpload>('/uploads', announced);
  await put(signed, body, sizeBytes);
  await restOf(api).post(`/uploads/${signed.upload_id}/complete`);
  return signed.upload_id;
}

export function uploadBytes(api: string, bytes: Uint8Array): Promise<string> {
  return upload(api, Readable.from([bytes]), bytes.length);
}

export async function uploadFile(api: string, path: string): Promise<string> {
  return upload(api, createReadStream(path), (await stat(path)).size);
}

/** Follows a job's link to its result and writes that to a file. */
export async function downloadResult(url: string, path: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`the download failed: ${response.status}`);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(path));
}
