import { createReadStream } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { GridError } from '../shared/errors.ts';
import { problemOf } from './rest-client.ts';

/** A part of a file and the signed URL that takes it. */
export interface PutRequest {
  readonly file: string;
  /** Bytes `[start, end)` of the file. */
  readonly start: number;
  readonly end: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  onBytes(bytes: number): void;
}

/** A store that takes nothing for so long is gone. */
const IDLE_MS = 120_000;
const MAX_ANSWER_CHARS = 4_000;

async function answerText(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer) text = (text + String(chunk)).slice(0, MAX_ANSWER_CHARS);
  return text;
}

/**
 * Sends bytes of a file with their length announced, as S3 asks for, which `fetch` cannot do with a stream. Throws what
 * the store said, or `unavailable` when the connection broke.
 */
export async function putBytes(put: PutRequest): Promise<void> {
  const { url, start, end, signal } = put;
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const headers = { ...put.headers, 'content-length': String(end - start) };
  const outgoing = send(url, { method: 'PUT', headers, signal, timeout: IDLE_MS });
  const body = createReadStream(put.file, { start, end: end - 1, highWaterMark: 256 * 1024 });
  body.on('data', (chunk) => put.onBytes(chunk.length));
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve);
      outgoing.on('error', reject);
      outgoing.on('timeout', () =>
        outgoing.destroy(new Error(`the store took nothing for ${IDLE_MS / 1000} s`)),
      );
      body.on('error', (error) => outgoing.destroy(error));
      body.pipe(outgoing);
    });
    const text = await answerText(answer);
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return;
    throw await problemOf(
      new Response(text, {
        status,
        headers: { 'x-clipgrid-error': String(answer.headers['x-clipgrid-error'] ?? '') },
      }),
    );
  } catch (thrown) {
    if (thrown instanceof GridError) throw thrown;
    if (signal.aborted) throw new GridError('cancelled', 'interrupted');
    throw new GridError(
      'unavailable',
      `the upload broke: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      {
        cause: thrown,
      },
    );
  } finally {
    body.destroy();
    outgoing.destroy();
  }
}
