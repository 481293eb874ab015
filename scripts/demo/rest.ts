import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';

export interface DemoJob {
  readonly job_id: string;
  readonly state: string;
  readonly frames_done: number;
  readonly frames_total: number;
  readonly clips_done: number;
  readonly clips_total: number;
  readonly waiting: string;
  readonly failure: { code: string; message: string; log: string } | null;
  readonly tasks: readonly {
    readonly kind: string;
    readonly clip_index: number | null;
    readonly state: string;
    readonly agent: string | null;
    readonly frames_done: number;
    readonly frames_total: number;
    readonly fps: number;
    readonly phase: string;
    readonly start_frame: number | null;
    readonly end_frame: number | null;
  }[];
}

/** One call of the REST API; a problem is thrown in its own words. */
export async function call<T>(url: string, options: { method?: string; body?: unknown } = {}): Promise<T> {
  const response = await fetch(url, {
    method: options.method ?? 'GET',
    ...(options.body === undefined
      ? {}
      : { body: JSON.stringify(options.body), headers: { 'content-type': 'application/json' } }),
  });
  const answer = (await response.json()) as T & { detail?: string };
  if (!response.ok) throw new Error(`${url}: ${answer.detail ?? response.statusText}`);
  return answer;
}

/** Uploads a film over REST and submits its job, as any client would. Returns the job's id. */
export async function submitFilm(options: {
  url: string;
  film: string;
  script: string;
  encode: string;
  say: (line: string) => void;
}): Promise<string> {
  const { url, film, script, encode, say } = options;
  const { size } = await stat(film);
  say(`uploading ${basename(film)} (${(size / 1024 / 1024).toFixed(1)} MiB)`);
  const upload = await call<{ upload_id: string; url: string; headers: Record<string, string> }>(
    `${url}/uploads`,
    {
      method: 'POST',
      body: { name: basename(film), size_bytes: size },
    },
  );
  const put = await fetch(upload.url, {
    method: 'PUT',
    headers: upload.headers,
    body: await openAsBlob(film),
  });
  if (!put.ok) throw new Error(`the upload failed: ${put.status} ${await put.text()}`);
  await call(`${url}/uploads/${upload.upload_id}/complete`, { method: 'POST' });
  say(`submitting: ${encode}`);
  const job = await call<DemoJob>(`${url}/jobs`, {
    method: 'POST',
    body: { upload_id: upload.upload_id, script, encode },
  });
  return job.job_id;
}
