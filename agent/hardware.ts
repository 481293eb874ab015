import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, freemem, hostname, totalmem, type } from 'node:os';
import { cpu, graphics, mem, osInfo } from 'systeminformation';
import type { Clock } from '../shared/clock.ts';
import type { Gpu, GpuLoad, Hardware, Load } from '../shared/gen/clipgrid/v1/session.ts';
import { parseCpuTimes, type CpuTimes } from './guest/proc.ts';
import { askNvidia, NVIDIA_CARDS, parseNvidiaCards } from './gpu.ts';

export interface HardwareProbe {
  readonly dataDir: string;
  readonly clock: Clock;
  /** Undefined: there is none. */
  readonly nvidiaSmi: string | undefined;
}

const ANSWER_WITHIN_MS = 10_000;

/** One answer about the machine. Drivers hang, files are missing in containers: without it the agent works all the same. */
async function known<T>(answer: Promise<T>, clock: Clock): Promise<T | undefined> {
  const enough = new AbortController();
  const late = clock.sleep(ANSWER_WITHIN_MS, enough.signal).then(() => undefined);
  return Promise.race([answer.catch(() => undefined), late]).finally(() => enough.abort());
}

const MEBIBYTE = 1024 * 1024;

/** Graphics cards as the system lists them; where it lists none (containers), as NVIDIA's own tool does. */
async function graphicsCards({ clock, nvidiaSmi }: HardwareProbe): Promise<Gpu[]> {
  const listed = await known(graphics(), clock);
  const cards = (listed?.controllers ?? []).filter((card) => card.vendor !== '' || card.model !== '');
  const gpus = cards.map((card) => ({
    vendor: card.vendor,
    model: card.model,
    memoryBytes: Math.round((card.vram ?? 0) * MEBIBYTE),
    driver: card.driverVersion ?? '',
  }));
  if (nvidiaSmi === undefined || gpus.some((card) => /nvidia/i.test(card.vendor))) return gpus;
  return [...gpus, ...parseNvidiaCards(await askNvidia(nvidiaSmi, NVIDIA_CARDS, clock))];
}

/** What the machine is: asked once, at start, because it takes a second. */
export async function readHardware(probe: HardwareProbe): Promise<Hardware> {
  const { dataDir, clock } = probe;
  const [cpuData, memory, os, gpus, disk] = await Promise.all([
    known(cpu(), clock),
    known(mem(), clock),
    known(osInfo(), clock),
    graphicsCards(probe),
    statfs(dataDir),
  ]);
  return {
    hostname: os?.hostname ?? hostname(),
    os: os ? `${os.distro} ${os.release}` : type(),
    arch: os?.arch ?? arch(),
    cpuModel: cpuData ? `${cpuData.manufacturer} ${cpuData.brand}` : '',
    cpuCores: availableParallelism(),
    memoryBytes: memory?.total ?? totalmem(),
    gpus,
    disks: [{ path: dataDir, sizeBytes: disk.blocks * disk.bsize, freeBytes: disk.bavail * disk.bsize }],
  };
}

/** Samples the load between two calls, from /proc: cheap enough for every heartbeat. `gpuLoads`: the latest known ones. */
export function createLoadSampler(dataDir: string, gpuLoads: () => readonly GpuLoad[]): () => Promise<Load> {
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
      gpus: [...gpuLoads()],
    };
  };
}
