import createFetchClient, { type Client } from 'openapi-fetch';
import { systemClock } from '../shared/clock.ts';
import { systemIds } from '../shared/ids.ts';
import type { JobDocument, JobRequest, JobSummary } from './documents.ts';
import type { paths } from './gen/openapi.ts';
import { createRestClient, noAnswer, problemOf, type RestClient } from './rest-client.ts';
import { jobUpdates } from './watch-job.ts';

export type { AgentDocument, JobDocument, JobRequest, JobSummary, UploadDocument } from './documents.ts';
export type { components, operations, paths } from './gen/openapi.ts';
export { ENDED_STATES } from './documents.ts';
export { GridError, type ErrorCode } from '../shared/errors.ts';

export interface ClientOptions {
  /** The coordinator, without a path: `http://127.0.0.1:7000`. */
  readonly url: string;
  /** Not needed where the grid asks for none. */
  readonly token?: string | undefined;
  /** Aborted: every call ends with `cancelled`. */
  readonly signal?: AbortSignal;
}

/**
 * One grid over REST. Whatever goes wrong rejects with a `GridError`: the coordinator's own `code` and words, or
 * `unavailable` where nobody answers. Runs wherever `fetch` is; files of a disk: `@clipgrid/client/files`.
 */
export interface GridClient {
  /** Every route, typed by the OpenAPI document: `grid.rest.GET('/api/v1/jobs/{id}', ...)`. */
  readonly rest: Client<paths>;
  /** The same without types: what other parts of this package stand on. */
  readonly raw: RestClient;
  /** The same key gives the same job again: a submission that got no answer can be said once more. */
  submit(job: JobRequest, idempotencyKey?: string): Promise<JobSummary>;
  /** With all its tasks. */
  job(jobId: string): Promise<JobDocument>;
  /** Its states as they change, the end last. Goes on over restarts of the coordinator. */
  watch(jobId: string): AsyncGenerator<JobDocument, void>;
  cancel(jobId: string): Promise<JobSummary>;
  /** Failed or cancelled: goes on from what was done. */
  retry(jobId: string): Promise<JobSummary>;
  remove(jobId: string): Promise<void>;
}

function typedClient({ url, token, signal }: ClientOptions): Client<paths> {
  const client = createFetchClient<paths>({
    baseUrl: url,
    redirect: 'manual',
    ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}),
    ...(signal ? { signal } : {}),
  });
  client.use({
    async onResponse({ response }) {
      if (response.status >= 400) throw await problemOf(response);
    },
    onError: ({ error }) => noAnswer(error, { url }),
  });
  return client;
}

/** Opens the API of the coordinator at `options.url`. Nothing is sent before the first call. */
export function createClient(options: ClientOptions): GridClient {
  const url = options.url.replace(/\/+$/, '');
  const { token, signal } = options;
  const raw = createRestClient({ url, ...(token ? { token } : {}), ...(signal ? { signal } : {}) });
  const ids = systemIds(() => systemClock.wallMs());
  const at = (jobId: string): string => `/jobs/${encodeURIComponent(jobId)}`;
  return {
    rest: typedClient({ ...options, url }),
    raw,
    submit: (job, key) => raw.post('/jobs', job, key === undefined ? {} : { 'idempotency-key': key }),
    job: (jobId) => raw.get(at(jobId)),
    watch: (jobId) =>
      jobUpdates(jobId, { client: raw, clock: systemClock, ids, ...(signal ? { signal } : {}) }),
    cancel: (jobId) => raw.post(`${at(jobId)}/cancel`),
    retry: (jobId) => raw.post(`${at(jobId)}/retry`),
    remove: (jobId) => raw.remove(at(jobId)),
  };
}
