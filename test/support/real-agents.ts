import { join, resolve } from 'node:path';
import { runAgent } from '../../agent/agent.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import { createLogger, type Logger } from '../../shared/logger.ts';
import type { Tracer } from '../../shared/trace.ts';
import { lightTools, NO_VAPOURSYNTH } from './light-tools.ts';

export interface RealAgentsOptions {
  readonly grpcPort: number;
  /** Each agent gets a folder of its own in it. */
  readonly folder: string;
  readonly names: readonly string[];
  readonly slots?: number;
  /** No special hardware and no VapourSynth: sooner there. */
  readonly light?: boolean;
  readonly logger?: Logger;
  readonly tracer?: Tracer;
}

/** Real agents with real tools, in this process. */
export function startRealAgents(options: RealAgentsOptions) {
  const { grpcPort, folder, names, slots = 1, light, tracer } = options;
  const quit = new AbortController();
  const running = names.map((name) =>
    runAgent({
      config: {
        coordinator: `127.0.0.1:${grpcPort}`,
        name,
        slots,
        dataDir: join(folder, name),
        searchPath: light ? lightTools(folder) : (process.env['PATH'] ?? ''),
        vapourSynthFile: light ? NO_VAPOURSYNTH : resolve('.cache/vapoursynth/clipgrid.json'),
        drainDeadlineMs: 1_000,
        version: 'test',
      },
      clock: systemClock,
      ids: systemIds(() => systemClock.wallMs()),
      logger: options.logger ?? createLogger(process.env['TEST_LOG'] ?? 'silent'),
      ...(tracer ? { tracer } : {}),
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
