import pg from 'pg';
import { backoffMs } from '../../../shared/backoff.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { IdSource } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { WakeMessage, WakeSource } from '../wake-source.ts';

export interface WakeSourceOptions {
  readonly connectionString: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
}

function parse(payload: string | undefined): WakeMessage | undefined {
  try {
    return JSON.parse(payload ?? '') as WakeMessage;
  } catch {
    return undefined;
  }
}

/** LISTEN on a connection of its own. What is missed while it is down, the polls find. */
export function postgresWakeSource(options: WakeSourceOptions): WakeSource {
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function session(onMessage: (message: WakeMessage) => void): Promise<void> {
    const client = new pg.Client({ connectionString: options.connectionString, keepAlive: true });
    const over = new Promise<void>((resolve) => {
      client.once('end', resolve);
      client.once('error', () => resolve());
      stopped.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      await client.connect();
      client.on('notification', ({ payload }) => {
        const message = parse(payload);
        if (message) onMessage(message);
      });
      await client.query('listen clipgrid');
      onMessage({ wake: 'tasks' });
      await over;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async function run(onMessage: (message: WakeMessage) => void): Promise<void> {
    for (let attempt = 0; !stopped.signal.aborted; attempt++) {
      try {
        await session(onMessage);
        attempt = 0;
      } catch (error) {
        options.logger.warn({ error: String(error) }, 'cannot listen for wake-ups; polling goes on');
      }
      const delay = backoffMs(attempt, { firstMs: 200, maxMs: 5_000 }, () => options.ids.random());
      await options.clock.sleep(delay, stopped.signal);
    }
  }

  return {
    listen(onMessage) {
      running = run(onMessage);
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
