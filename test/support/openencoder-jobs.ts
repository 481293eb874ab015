import { join } from 'node:path';
import { expect } from 'vitest';
import type { JobDocument, OpenencoderGrid } from './openencoder-grid.ts';
import type { OperatorStore } from './openencoder-store.ts';
import { probeFile, type TestProbe } from './probe.ts';

/** Real tools on a machine that may be busy. */
export const JOB_MS = 180_000;

export interface JobsOptions {
  readonly grid: OpenencoderGrid;
  readonly store: OperatorStore;
  /** Of an operator. */
  readonly token: string;
  /** Where results are fetched to. */
  readonly folder: string;
}

/** What tests ask of jobs, over HTTP. */
export function openencoderJobs({ grid, store, token, folder }: JobsOptions) {
  async function job(id: number): Promise<JobDocument> {
    return (await grid.call('GET', `/api/jobs/${id}`, { token })).json.job;
  }
  async function create(path: string, body: object) {
    const { status, json, text } = await grid.call('POST', path, { token, body });
    if (status !== 201) throw new Error(text);
    return json;
  }
  return {
    job,
    async submit(body: object): Promise<number> {
      return (await create('/api/jobs', body)).job.id;
    },
    /** A preset of that name, which is told back. */
    async preset(name: string, fields: object): Promise<string> {
      await create('/api/presets', { name, description: name, active: true, ...fields });
      return name;
    },
    /** Everything that was seen of a job until it shows one of the statuses. */
    async until(id: number, ...wanted: string[]): Promise<JobDocument[]> {
      const seen: JobDocument[] = [];
      await expect
        .poll(
          async () => {
            const now = await job(id);
            seen.push(now);
            return now.status;
          },
          { timeout: JOB_MS, interval: 150 },
        )
        .toSatisfy((status: string) => wanted.includes(status));
      return seen;
    },
    async post(path: string): Promise<number> {
      return (await grid.call('POST', path, { token, body: {} })).status;
    },
    /** A file of the outbound bucket, on this machine. */
    async file(key: string): Promise<string> {
      const path = join(folder, key.replaceAll('/', '-'));
      await store.client.fGetObject('outbound', key, path);
      return path;
    },
    async fetched(key: string): Promise<TestProbe> {
      return probeFile(await this.file(key));
    },
  };
}
