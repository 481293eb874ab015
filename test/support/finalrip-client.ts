import { readFile } from 'node:fs/promises';

export interface Body {
  readonly success?: boolean;
  readonly data?: unknown;
  readonly error?: { readonly message: string };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed; undefined where it is no JSON. */
  readonly body: Body | undefined;
  /** `error.message`; empty on success. */
  readonly message: string;
}

export interface ClipItem {
  readonly completed: boolean;
  readonly index: number;
  readonly clip_key: string;
  readonly clip_url: string;
  readonly encode_key: string;
  readonly encode_url: string;
  readonly state: string;
  readonly attempts: number;
  readonly agent: string;
}

/** `data` of `progress`: what the tests look at. */
export interface TaskData {
  readonly key: string;
  readonly url: string;
  readonly size: string;
  readonly encode_key: string;
  readonly encode_url: string;
  readonly encode_size: string;
  readonly encode_param: string;
  readonly script: string;
  readonly status: string;
  readonly create_at: string | number;
  readonly progress: readonly ClipItem[];
  readonly state: string;
  readonly failure: { code: string; index: number | null; message: string; log: string } | null;
}

export type Fields = Readonly<Record<string, string | number | boolean>>;
export type Form = 'multipart' | 'urlencoded' | 'query' | 'json';

export interface ClientOptions {
  readonly url: string;
  readonly token?: string;
}

function texts(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
}

function multipart(fields: Fields): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(texts(fields))) form.append(name, value);
  return form;
}

function parsed(text: string): Body | undefined {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return undefined;
  }
}

/** A client as FinalRip's dashboard and people's scripts are. Nothing throws: checks look at the answers. */
export class FinalripClient {
  readonly url: string;
  readonly token: string | undefined;

  constructor(options: ClientOptions) {
    this.url = options.url;
    this.token = options.token;
  }

  async raw(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (this.token !== undefined && !headers.has('token')) headers.set('token', this.token);
    const response = await fetch(this.url + path, { redirect: 'manual', ...init, headers });
    const text = await response.text();
    const { status } = response;
    const body = parsed(text);
    return { status, headers: response.headers, text, body, message: body?.error?.message ?? '' };
  }

  get(route: string, fields: Fields = {}): Promise<Answer> {
    return this.raw(`/api/v1/task/${route}?${new URLSearchParams(texts(fields))}`);
  }

  post(route: string, fields: Fields, form: Form = 'multipart'): Promise<Answer> {
    const path = `/api/v1/task/${route}`;
    const query = new URLSearchParams(texts(fields));
    if (form === 'query') return this.raw(`${path}?${query}`, { method: 'POST' });
    if (form === 'urlencoded') return this.raw(path, { method: 'POST', body: query });
    if (form === 'multipart') return this.raw(path, { method: 'POST', body: multipart(fields) });
    const headers = { 'Content-Type': 'application/json' };
    return this.raw(path, { method: 'POST', headers, body: JSON.stringify(fields) });
  }

  async put(url: string, bytes: Uint8Array, contentType?: string): Promise<Response> {
    const headers = contentType === undefined ? {} : { 'Content-Type': contentType };
    return fetch(url, { method: 'PUT', body: new Uint8Array(bytes), headers });
  }

  async presigned(key: string): Promise<{ exist: boolean; url: string }> {
    const { body } = await this.get('oss/presigned', { video_key: key });
    return body?.data as { exist: boolean; url: string };
  }

  /** The bytes into the store under the key, by the URL that the API gives. */
  async upload(key: string, bytes: Uint8Array): Promise<void> {
    const { url } = await this.presigned(key);
    const put = await this.put(url, bytes, 'video/x-matroska');
    if (put.status !== 200) throw new Error(`PUT of ${key}: ${put.status} ${await put.text()}`);
  }

  /** Uploaded and recorded, not started. */
  async pending(key: string, film: string): Promise<void> {
    await this.upload(key, await readFile(film));
    const { body } = await this.post('new', { video_key: key });
    if (body?.success !== true) throw new Error(`new ${key}: ${JSON.stringify(body)}`);
  }

  /** Undefined: there is no such task. */
  async progress(key: string): Promise<TaskData | undefined> {
    return (await this.get('progress', { video_key: key })).body?.data as TaskData | undefined;
  }

  /** Asks until the task is as wanted; throws with what it last was. */
  async until(key: string, wanted: (data: TaskData) => boolean, withinMs = 90_000): Promise<TaskData> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const data = await this.progress(key);
      if (data !== undefined && wanted(data)) return data;
      if (performance.now() > deadline) throw new Error(`${key} is still ${JSON.stringify(data)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Started tasks end as completed, or this throws with the failure. */
  completed(key: string, withinMs?: number): Promise<TaskData> {
    const ended = (data: TaskData): boolean => {
      if (data.state === 'failed') throw new Error(`${key} failed: ${JSON.stringify(data.failure)}`);
      return data.status === 'completed';
    };
    return this.until(key, ended, withinMs);
  }
}
