import { createWriteStream, openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { JobBody } from './job-body.ts';
import { JobWatch } from './job-watch.ts';

export interface AgentBody {
  readonly agent_id: string;
  readonly name: string;
  readonly state: string;
  readonly leases: number;
  readonly paused: { readonly reason: string; readonly since: string } | null;
}

export interface Submission {
  readonly script?: string;
  readonly encode: string;
  readonly clips?: { readonly mode?: 'auto' | 'whole'; readonly target_seconds?: number };
}

/** A client of the own API, as any user would write it. */
export class RestClient {
  readonly url: string;
  readonly #watches = new Set<JobWatch>();

  constructor(url: string) {
    this.url = url;
  }

  async call<T>(path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      ...(body === undefined
        ? {}
        : {
            method: 'POST',
            body: JSON.stringify(body),
            headers: { 'content-type': 'application/json' },
          }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Uploads a film; returns the upload's id. */
  async upload(film: string): Promise<string> {
    const { size } = await stat(film);
    const begun = await this.call<{ upload_id: string; url: string; headers: Record<string, string> }>(
      '/uploads',
      {
        name: basename(film),
        size_bytes: size,
      },
    );
    const put = await fetch(begun.url, {
      method: 'PUT',
      headers: begun.headers,
      body: await openAsBlob(film),
    });
    if (!put.ok) throw new Error(`the upload failed: ${put.status} ${await put.text()}`);
    await this.call(`/uploads/${begun.upload_id}/complete`, {});
    return begun.upload_id;
  }

  /** Uploads a film, submits a job on it and watches it. */
  async submit(film: string, job: Submission): Promise<JobWatch> {
    const uploadId = await this.upload(film);
    const submitted = await this.call<JobBody>('/jobs', { upload_id: uploadId, ...job });
    return this.watch(submitted.job_id);
  }

  /** Follows a job from its first event on, over broken connections too. */
  watch(jobId: string): JobWatch {
    const watch = new JobWatch(this.url, jobId);
    this.#watches.add(watch);
    return watch;
  }

  job(jobId: string): Promise<JobBody> {
    return this.call(`/jobs/${jobId}`);
  }

  async agents(): Promise<readonly AgentBody[]> {
    return (await this.call<{ agents: readonly AgentBody[] }>('/agents')).agents;
  }

  /** Downloads the result to `path`. */
  async download(jobId: string, path: string): Promise<void> {
    const response = await fetch(`${this.url}/jobs/${jobId}/result`);
    if (!response.ok || !response.body) throw new Error(`the download failed: ${response.status}`);
    await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(path));
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
  }
}
