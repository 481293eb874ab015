import { join, resolve } from 'node:path';
import { runAgent } from '../../agent/agent.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import { createLogger } from '../../shared/logger.ts';

export interface RealAgentsOptions {
  readonly grpcPort: number;
  /** Each agent gets a folder of its own in it. */
  readonly folder: string;
  readonly names: readonly string[];
  readonly slots?: number;
}

/** Real agents with real tools, in this process. */
export function startRealAgents({ grpcPort, folder, names, slots = 1 }: RealAgentsOptions) {
  const quit = new AbortController();
  const running = names.map((name) =>
    runAgent({
      config: {
        coordinator: `127.0.0.1:${grpcPort}`,
        name,
        slots,
        dataDir: join(folder, name),
        searchPath: process.env['PATH'] ?? '',
        vapourSynthFile: resolve('.cache/vapoursynth/clipgrid.json'),
        drainDeadlineMs: 1_000,
        version: 'test',
      },
      clock: systemClock,
      ids: systemIds(() => systemClock.wallMs()),
      logger: createLogger(process.env['TEST_LOG'] ?? 'silent'),
      leave: new AbortController().signal,
      quit: quit.signal,
    }),
  );
  return {
    async close() {
      quit.abort();
      await Promise.allSettled(running);
    },
  };
}
