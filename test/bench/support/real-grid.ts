import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobDocument } from '../../../client/documents.ts';
import type { BenchContext } from '../measurement.ts';
import { AGENT_NODE_ARGS } from '../../../scripts/setup/node-args.mjs';
import { startCoordinatorProcess, type CoordinatorProcess } from './coordinator.ts';
import { end } from './process.ts';
import { restOf } from './rest.ts';
import { downloadResult, uploadFile } from './upload.ts';

export interface RealGridOptions {
  readonly name: string;
  /** Slots of each agent; undefined: as many as an agent takes by itself. */
  readonly agents: readonly (number | undefined)[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A coordinator and agents that really encode, each a process of its own. */
export interface RealGrid {
  readonly coordinator: CoordinatorProcess;
  upload(path: string): Promise<string>;
  /** Submits and waits for the end; throws unless it is a success. */
  encode(uploadId: string, command: string): Promise<JobDocument>;
  /** Fetches the result to a file; its size in bytes. */
  download(job: JobDocument, path: string): Promise<number>;
  stop(): Promise<void>;
}

const AGENT = join(import.meta.dirname, '../../../agent/main.ts');
const POLL_MS = 100;

async function connected(api: string, count: number): Promise<void> {
  for (;;) {
    const { agents } = await restOf(api).get<{ agents: { state: string }[] }>('/agents');
    if (agents.filter((agent) => agent.state === 'online').length === count) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export async function startRealGrid(context: BenchContext, options: RealGridOptions): Promise<RealGrid> {
  const folder = join(context.folder, options.name);
  const databaseUrl = await context.server.database();
  const { environment } = options;
  const parts = { folder, databaseUrl, ...(environment ? { environment } : {}) };
  const coordinator = await startCoordinatorProcess(parts);
  const { api, grpc } = coordinator;
  const agents = options.agents.map((slots, i) => {
    const argv = [...AGENT_NODE_ARGS, AGENT, '--coordinator', grpc, '--name', `agent-${i}`];
    argv.push('--data', join(folder, `agent-${i}`));
    if (slots !== undefined) argv.push('--slots', String(slots));
    const log = openSync(join(folder, `agent-${i}.log`), 'w');
    return spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', log] });
  });
  await connected(api, agents.length);
  return {
    coordinator,
    upload: (path) => uploadFile(api, path),
    async encode(uploadId, command) {
      const body = { upload_id: uploadId, encode: command };
      let job = await restOf(api).post<JobDocument>('/jobs', body);
      while (!['succeeded', 'failed', 'cancelled'].includes(job.state)) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        job = await restOf(api).get<JobDocument>(`/jobs/${job.job_id}`);
      }
      if (job.state !== 'succeeded') throw new Error(`the job ${job.state}: ${job.failure?.message}`);
      return job;
    },
    async download(job, path) {
      await downloadResult(`${api}/jobs/${job.job_id}/result`, path);
      return (await stat(path)).size;
    },
    async stop() {
      await Promise.all(agents.map(end));
      await coordinator.stop();
    },
  };
}
