import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import type { Gpu, GpuLoad } from '../shared/gen/clipgrid/v1/session.ts';
import { TOOL_ENVIRONMENT } from './media/probe.ts';
import { runTool } from './subprocess.ts';

const MEBIBYTE = 1024 * 1024;
const QUERY_LIMIT_MS = 5_000;

/** Lines of `nvidia-smi --format=csv,noheader,nounits`; fields that a card does not know are `[N/A]` and the like. */
function rows(csv: string): string[][] {
  const lines = csv.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => line.split(',').map((field) => field.trim()));
}

function amount(field: string | undefined): number {
  const value = Number(field ?? '');
  return Number.isFinite(value) && value >= 0 ? value : 0;
}

export const NVIDIA_CARDS = 'name,memory.total,driver_version';
export const NVIDIA_LOAD = 'utilization.gpu,memory.used';

/** Cards as nvidia-smi tells them for the fields of `NVIDIA_CARDS`; memory is in MiB. */
export function parseNvidiaCards(csv: string): Gpu[] {
  return rows(csv).map(([model, memory, driver]) => ({
    vendor: 'NVIDIA',
    model: model ?? '',
    memoryBytes: amount(memory) * MEBIBYTE,
    driver: driver ?? '',
  }));
}

/** Loads for the fields of `NVIDIA_LOAD`: per cent and MiB. */
export function parseNvidiaLoad(csv: string): GpuLoad[] {
  return rows(csv).map(([utilization, memory]) => ({
    utilization: Math.min(1, amount(utilization) / 100),
    memoryUsedBytes: amount(memory) * MEBIBYTE,
  }));
}

/** Asks nvidia-smi for some fields; empty when it does not answer. */
export async function askNvidia(nvidiaSmi: string, fields: string, clock: Clock): Promise<string> {
  const argv = [nvidiaSmi, `--query-gpu=${fields}`, '--format=csv,noheader,nounits'];
  const command = { argv, cwd: '/', environment: TOOL_ENVIRONMENT };
  const options = {
    signal: AbortSignal.timeout(QUERY_LIMIT_MS),
    clock,
    stdout: 'collect',
    isHelper: true,
  } as const;
  return runTool(command, options).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

/** Loads of AMD's cards: files of a few bytes (Linux, admin-guide/gpu/amdgpu). */
export async function readAmdLoad(root = '/sys/class/drm'): Promise<GpuLoad[]> {
  const cards = (await readdir(root).catch((): string[] => [])).filter((name) => /^card\d+$/.test(name));
  const loads = await Promise.all(
    cards.toSorted().map(async (card): Promise<GpuLoad | undefined> => {
      const read = (name: string) =>
        readFile(join(root, card, 'device', name), 'utf8').catch(() => undefined);
      const [busy, used] = await Promise.all([read('gpu_busy_percent'), read('mem_info_vram_used')]);
      if (busy === undefined) return undefined;
      return { utilization: Math.min(1, amount(busy.trim()) / 100), memoryUsedBytes: amount(used?.trim()) };
    }),
  );
  return loads.filter((load) => load !== undefined);
}

export interface GpuSamplerOptions {
  /** Undefined: there is none. */
  readonly nvidiaSmi: string | undefined;
  readonly clock: Clock;
  readonly ask?: () => Promise<GpuLoad[]>;
}

/** Starting nvidia-smi costs a tenth of a second and more: not with every heartbeat. */
const ASK_EVERY_MS = 10_000;

/** The latest known loads of the graphics cards, at once; they are asked for in the background. */
export function createGpuSampler({ nvidiaSmi, clock, ask }: GpuSamplerOptions): () => readonly GpuLoad[] {
  const nvidia = async (): Promise<GpuLoad[]> =>
    nvidiaSmi === undefined ? [] : parseNvidiaLoad(await askNvidia(nvidiaSmi, NVIDIA_LOAD, clock));
  const askAll = ask ?? (async () => [...(await nvidia()), ...(await readAmdLoad())]);
  let known: readonly GpuLoad[] = [];
  let askedMs = -Infinity;
  let asking = false;
  const refresh = async (): Promise<void> => {
    asking = true;
    known = await askAll().catch(() => []);
    asking = false;
  };
  return () => {
    if (!asking && clock.monotonicMs() - askedMs >= ASK_EVERY_MS) {
      askedMs = clock.monotonicMs();
      void refresh();
    }
    return known;
  };
}
