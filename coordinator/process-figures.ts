import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Pool } from 'pg';
import type { Service } from '../shared/service.ts';
import type { ProcessFigures } from './http/metrics.ts';

const RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

/** Looks at this process, as often as it is asked. */
export function createProcessFigures(
  pool: Pool,
  sessions: () => number,
): Service & { read(): ProcessFigures } {
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  lag.enable();
  // It measures the whole interval of its own timer; only what comes on top is a delay.
  const seconds = (ns: number): number =>
    Number.isFinite(ns) ? Math.max(0, ns / NANOSECONDS - RESOLUTION_MS / 1000) : 0;
  return {
    read(): ProcessFigures {
      const eventLoopLag = { meanSeconds: seconds(lag.mean), maxSeconds: seconds(lag.max) };
      lag.reset();
      const { user, system } = process.cpuUsage();
      return {
        sessions: sessions(),
        connections: {
          used: pool.totalCount - pool.idleCount,
          idle: pool.idleCount,
          waiting: pool.waitingCount,
        },
        eventLoopLag,
        residentBytes: process.memoryUsage.rss(),
        cpuSeconds: (user + system) / 1e6,
      };
    },
    name: 'process figures',
    start: () => Promise.resolve(),
    stop: async () => void lag.disable(),
  };
}
