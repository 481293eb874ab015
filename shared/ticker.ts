import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { Service } from './service.ts';

export interface TickerOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  tick(): Promise<void>;
}

/** Calls `tick` again and again, one at a time. A failing tick is logged and tried at the next turn. */
export function createTicker(options: TickerOptions): Service {
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await options.tick().catch((error: unknown) => {
        options.logger.warn({ error: String(error), ticker: options.name }, 'a tick failed');
      });
      await options.clock.sleep(options.everyMs, stopped.signal);
    }
  };
  return {
    name: options.name,
    async start() {
      running = run();
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
