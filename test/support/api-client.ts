import type { z } from 'zod';
import { expect } from 'vitest';
import { ANSWERS, OPERATIONS } from '../../coordinator/http/operations.ts';

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Problem {
  readonly type: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly errors?: readonly { readonly field: string; readonly value?: unknown; readonly message: string }[];
}

type AnswerOf<Id> = Id extends keyof typeof ANSWERS ? z.output<(typeof ANSWERS)[Id]> : unknown;

export interface CallOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** As it is, in place of `body`. */
  readonly raw?: NonNullable<RequestInit['body']>;
  /** What `fetch` asks for when `raw` is a stream. */
  readonly duplex?: 'half';
}

/** A client of the own API that holds every answer against the OpenAPI document's schemas. */
export class ApiClient {
  readonly #url: string;
  readonly #token: string | undefined;

  constructor(url: string, token?: string) {
    this.#url = url;
    this.#token = token;
  }

  as(token: string): ApiClient {
    return new ApiClient(this.#url, token);
  }

  /** One request; whatever its answer. */
  async send(method: string, path: string, options: CallOptions = {}): Promise<Answer<unknown>> {
    const { body, raw } = options;
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const auth = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${this.#url}${path}`, {
      method,
      redirect: 'manual',
      headers: { ...json, ...auth, ...options.headers },
      ...(payload === undefined ? {} : { body: payload }),
      ...(options.duplex === undefined ? {} : { duplex: options.duplex }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as unknown) : text,
    };
  }

  /** A request that is expected to work: its answer has the documented status and exactly the documented fields. */
  async ok<Name extends keyof typeof ANSWERS>(
    name: Name,
    request: string,
    options: CallOptions = {},
  ): Promise<AnswerOf<Name>> {
    const [method = '', path = ''] = request.split(' ');
    const answer = await this.send(method, path, options);
    if (answer.status >= 300) throw new Error(`${request}: ${answer.status} ${JSON.stringify(answer.body)}`);
    const bare = path.split('?')[0] ?? '';
    const operation = OPERATIONS.find(
      (one) =>
        one.method === method.toLowerCase() &&
        new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(bare),
    );
    expect(operation?.answer, request).toBe(name);
    expect(answer.status, request).toBe(operation?.status);
    return ANSWERS[name].parse(answer.body) as AnswerOf<Name>;
  }

  /** A request that is expected to be refused: returns its problem details, once they are well formed. */
  async refused(
    request: string,
    options: CallOptions = {},
  ): Promise<Problem & { readonly headers: Headers }> {
    const [method = '', path = ''] = request.split(' ');
    const answer = await this.send(method, path, options);
    expect(answer.headers.get('content-type'), request).toBe('application/problem+json');
    const problem = ANSWERS.Problem.parse(answer.body) as Problem;
    expect(problem.status).toBe(answer.status);
    expect(problem.type).toBe(`urn:clipgrid:error:${problem.code}`);
    return { ...problem, headers: answer.headers };
  }

  /** Uploads bytes through one signed URL. Returns the upload's id. */
  async upload(bytes: Uint8Array<ArrayBuffer>, name = 'film.mkv'): Promise<string> {
    const created = await this.ok('CreatedUpload', 'POST /uploads', {
      body: { name, size_bytes: bytes.byteLength },
    });
    const put = await fetch(created.url, { method: 'PUT', headers: created.headers, body: bytes });
    if (!put.ok) throw new Error(`the upload failed: ${put.status} ${await put.text()}`);
    await this.ok('Upload', `POST /uploads/${created.upload_id}/complete`);
    return created.upload_id;
  }
}
