import type { Pool } from 'pg';
import type { Fence } from '../../shared/gen/clipgrid/v1/lease.ts';
import { Hardware, Load } from '../../shared/gen/clipgrid/v1/session.ts';
import { FakeAgent } from './fake-agent.ts';

const GIB = 2 ** 30;

/** An agent with hardware and load, as a machine of a lab would tell; moved by hand. */
export async function labAgent(port: number, named: { name: string; token?: string; gpu?: string }) {
  const { name, token, gpu } = named;
  const agent = await FakeAgent.connect(port, {
    agentId: name,
    name,
    slots: 4,
    version: '0.1.0',
    hardware: Hardware.create({
      hostname: name,
      os: 'Debian GNU/Linux 12',
      cpuModel: 'AMD Ryzen 9 7950X',
      cpuCores: 16,
      memoryBytes: 64 * GIB,
      disks: [{ path: '/data', sizeBytes: 2e12, freeBytes: 7e11 }],
      gpus: gpu === undefined ? [] : [{ vendor: 'NVIDIA', model: gpu, memoryBytes: 24 * GIB }],
    }),
    tools: [
      { name: 'ffmpeg', version: '5.1.6', path: '/usr/bin/ffmpeg' },
      { name: 'x264', version: '0.164.3095', path: '/usr/bin/x264' },
    ],
    capabilities: ['program:ffmpeg', 'program:x264', 'encoder:libx264', 'encoder:ffv1', 'sandbox:limits'],
    lacks: ['tool:vapoursynth: set-up found no Python >= 3.12'],
    ...(token === undefined ? {} : { token }),
  });
  let sequence = 1_000;
  return {
    agent,
    /** A heartbeat that tells how busy it is, shares of 1, and how fast each lease goes. */
    tell(busy: { cpu: number; gpu?: number; fps?: number; frames?: number }, fences: readonly Fence[] = []) {
      const { cpu, gpu: busyGpu, fps = 0, frames = 0 } = busy;
      const load = Load.create({
        cpu,
        memoryFreeBytes: 40 * GIB,
        diskFreeBytes: 7e11,
        gpus: busyGpu === undefined ? [] : [{ utilization: busyGpu, memoryUsedBytes: 3 * GIB }],
      });
      const leases = fences.map((fence) => ({
        fence,
        framesDone: frames,
        framesTotal: 100,
        fps,
        speed: fps / 25,
        phase: 'encode',
        logTail: '',
      }));
      agent.send({
        $case: 'heartbeat',
        value: { sequence: ++sequence, load, leases, pause: undefined },
      });
    },
  };
}

/** Makes `count` ended jobs out of one that is there: what a list of years looks like. */
export async function manyJobs(pool: Pool, count: number): Promise<void> {
  await pool.query(
    `insert into jobs select (jsonb_populate_record(one.j, jsonb_build_object('job_id', gen_random_uuid(),
       'name', 'film ' || n || '.mkv', 'created_at', now() - n * interval '1 minute', 'collected_at', now(),
       'state', (array['succeeded', 'succeeded', 'failed', 'cancelled'])[1 + n % 4]))).*
     from (select j from jobs j limit 1) one, generate_series(1, $1::int) n`,
    [count],
  );
}

/** Makes `count` agents that are offline out of one that is there. */
export async function manyAgents(pool: Pool, count: number): Promise<void> {
  await pool.query(
    `insert into agents select (jsonb_populate_record(one.a, jsonb_build_object(
       'agent_id', 'machine-' || n, 'name', 'machine ' || lpad(n::text, 4, '0'), 'state', 'offline', 'session_id', null))).*
     from (select a from agents a limit 1) one, generate_series(1, $1::int) n`,
    [count],
  );
}
