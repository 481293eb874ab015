import { machineCpuSeconds } from './cpu.ts';

export interface Cost {
  /** Wall time. */
  readonly seconds: number;
  /** Processor time of the whole machine meanwhile. */
  readonly cpuSeconds: number;
}

/** What some work cost on a machine that did nothing else, with what came of it. */
export async function costOf<T>(work: () => Promise<T>): Promise<Cost & { readonly result: T }> {
  const cpuBefore = await machineCpuSeconds();
  const startedMs = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedMs) / 1000;
  return { seconds, cpuSeconds: (await machineCpuSeconds()) - cpuBefore, result };
}
