import { cpuSeconds } from './cpu.ts';
import type { CoordinatorProcess } from './coordinator.ts';

const SAMPLE_MS = 100;

export interface Watched {
  /** Mean processor use, in cores. */
  readonly cores: number;
  /** Resident memory before, and the highest while it was watched. MiB. */
  readonly beforeMib: number;
  readonly peakMib: number;
  readonly seconds: number;
}

/** Watches a coordinator's process while something is done to it. */
export async function watched(
  coordinator: CoordinatorProcess,
  work: () => Promise<unknown>,
): Promise<Watched> {
  const beforeBytes = await coordinator.rssBytes();
  let peakBytes = beforeBytes;
  const timer = setInterval(() => {
    void coordinator.rssBytes().then((bytes) => (peakBytes = Math.max(peakBytes, bytes)));
  }, SAMPLE_MS);
  const [startedMs, cpuBefore] = [performance.now(), await cpuSeconds(coordinator.pid)];
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const cores = ((await cpuSeconds(coordinator.pid)) - cpuBefore) / seconds;
  return { cores, beforeMib: beforeBytes / 2 ** 20, peakMib: peakBytes / 2 ** 20, seconds };
}
