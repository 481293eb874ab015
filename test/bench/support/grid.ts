import { join } from 'node:path';
import type { BenchContext } from '../measurement.ts';
import { startAgents, type SimulatedAgents } from './agents.ts';
import { startCoordinatorProcess, type CoordinatorProcess } from './coordinator.ts';
import { restOf } from './rest.ts';
import { uploadBytes } from './upload.ts';

export interface SimulatedGridOptions {
  readonly name: string;
  readonly agents: number;
  /** Processes that the agents are spread over. */
  readonly processes: number;
  readonly clips: number;
  readonly framesPerClip: number;
  /** Further settings of the coordinator. */
  readonly environment?: Readonly<Record<string, string>>;
  /** True: agents work on their clips for ever. */
  readonly holdClips?: boolean;
}

/** PostgreSQL, a coordinator and simulated agents, each a process of its own. */
export interface SimulatedGrid {
  readonly databaseUrl: string;
  readonly coordinator: CoordinatorProcess;
  readonly agents: SimulatedAgents;
  /** Submits a job over REST whose plan has the clips of the options; resolves with its id when the answer is here. */
  submit(): Promise<string>;
  stop(): Promise<void>;
}

const ENCODE = 'ffmpeg -i - -c:v libx264 -preset medium -crf 20 CLIPGRID_OUTPUT.mkv';

export async function startSimulatedGrid(
  context: BenchContext,
  options: SimulatedGridOptions,
): Promise<SimulatedGrid> {
  const { clips, framesPerClip, holdClips = false } = options;
  const databaseUrl = await context.server.database();
  const folder = join(context.folder, options.name);
  const coordinator = await startCoordinatorProcess({
    folder,
    databaseUrl,
    ...(options.environment ? { environment: options.environment } : {}),
  });
  const orders = {
    coordinator: coordinator.grpc,
    count: options.agents,
    clips,
    framesPerClip,
    slots: 1,
    holdClips,
  };
  context.say(`${options.agents} agents are connecting`);
  const agents = await startAgents(orders, options.processes).catch(async (error: unknown) => {
    await coordinator.stop();
    throw error;
  });
  const uploadId = await uploadBytes(coordinator.api, new Uint8Array(1000));
  return {
    databaseUrl,
    coordinator,
    agents,
    async submit() {
      const body = { upload_id: uploadId, encode: ENCODE, clips: { mode: 'auto', target_seconds: 1 } };
      const job = await restOf(coordinator.api).post<{ job_id: string }>('/jobs', body);
      return job.job_id;
    },
    async stop() {
      // Agents that are gone already must not leave the coordinator behind.
      await agents.stop().finally(() => coordinator.stop());
    },
  };
}
