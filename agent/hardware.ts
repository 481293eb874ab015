import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { cpu, graphics, mem, osInfo } from 'systeminformation';
import type { Hardware, Load } from '../shared/gen/clipgrid/v1/session.ts';

/** What the machine is: asked once, at start, because it takes a second. */
export async function readHardware(dataDir: string): Promise<Hardware> {
  const [cpuData, memory, os, gpu, disk] = await Promise.all([
    cpu(),
    mem(),
    osInfo(),
    graphics(),
    statfs(dataDir),
  ]);
  const megabyte = 1024 * 1024;
  return {
    hostname: os.hostname,
    os: `${os.distro} ${os.release}`,
    arch: os.arch,
    cpuModel: `${cpuData.manufacturer} ${cpuData.brand}`,
    cpuCores: availableParallelism(),
    memoryBytes: memory.total,
    gpus: gpu.controllers
      .filter((card) => card.vendor !== '' || card.model !== '')
      .map((card) => ({
        vendor: card.vendor,
        model: card.model,
        memoryBytes: Math.round((card.vram ?? 0) * megabyte),
        driver: card.driverVersion ?? '',
      })),
    disks: [{ path: dataDir, sizeBytes: disk.blocks * disk.bsize, freeBytes: disk.bavail * disk.bsize }],
  };
}

interface CpuTimes {
  readonly busy: number;
  readonly total: number;
}

/** First line of /proc/stat, in clock ticks: user, nice, system, idle, iowait, ... (proc_stat(5)). */
function parseCpuTimes(stat: string): CpuTimes {
  const ticks = stat.split('\n')[0]?.trim().split(/\s+/).slice(1, 9).map(Number) ?? [];
  const total = ticks.reduce((sum, value) => sum + value, 0);
  return { busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0), total };
}

/** Samples the load between two calls, from /proc: cheap enough for every heartbeat. */
export function createLoadSampler(dataDir: string): () => Promise<Load> {
  let last: CpuTimes | undefined;
  return async () => {
    const now = parseCpuTimes(await readFile('/proc/stat', 'utf8').catch(() => ''));
    const ticks = now.total - (last?.total ?? 0);
    const cpuShare = last && ticks > 0 ? (now.busy - last.busy) / ticks : 0;
    last = now;
    const disk = await statfs(dataDir).catch(() => undefined);
    return {
      cpu: Math.min(1, Math.max(0, cpuShare)),
      memoryFreeBytes: freemem(),
      diskFreeBytes: disk ? disk.bavail * disk.bsize : 0,
      gpus: [],
    };
  };
}
