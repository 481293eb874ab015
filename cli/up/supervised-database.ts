import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../coordinator/store/postgres/embedded/embedded.ts';
import { isAlive } from '../../coordinator/store/postgres/embedded/running.ts';
import { backoffMs } from '../../shared/backoff.ts';
import { assert, toGridError } from '../../shared/errors.ts';

export interface DatabaseOptions extends EmbeddedPostgresOptions {
  onDied(death: { name: string; reason: string; againMs: number }): void;
}

export interface SupervisedDatabase {
  /** With its password: never to be shown. The same after every restart. */
  readonly url: string;
  stop(): Promise<void>;
}

const NAME = 'PostgreSQL';
const LOOK_MS = 300;
const AGAIN = { firstMs: 500, maxMs: 15_000 };
/** Sessions of a server that was killed hold its memory for a moment, and no new one starts beside them. */
const FIRST_TRIES = 5;

/**
 * An embedded PostgreSQL that is started again, on the same port, whenever it dies. One that outlived its parent is taken
 * over. It need not be a child of ours, so it is looked at from time to time.
 */
export async function startDatabase(options: DatabaseOptions): Promise<SupervisedDatabase> {
  const { clock, ids, onDied } = options;
  const stopping = new AbortController();
  const { signal } = stopping;

  const startAgain = async (
    port: number | undefined,
    tries: number,
  ): Promise<EmbeddedPostgres | undefined> => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await startEmbeddedPostgres({ ...options, ...(port === undefined ? {} : { port }) });
      } catch (thrown) {
        if (signal.aborted) return undefined;
        if (attempt + 1 >= tries) throw thrown;
        const againMs = Math.round(100 + backoffMs(attempt, AGAIN, () => ids.random()));
        onDied({ name: NAME, reason: toGridError(thrown).message, againMs });
        await clock.sleep(againMs, signal);
      }
      if (signal.aborted) return undefined;
    }
  };

  let server = await startAgain(options.port, FIRST_TRIES);
  assert(server, 'nobody can stop it before it has started');
  const { url } = server;
  const port = Number(new URL(url).port);
  const loop = (async (): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal);
      if (signal.aborted || (server && (await isAlive(server.pid)))) continue;
      onDied({ name: NAME, reason: 'it ended', againMs: 0 });
      server = await startAgain(port, Infinity);
    }
  })();
  return {
    url,
    async stop() {
      stopping.abort();
      await loop;
      await server?.stop();
    },
  };
}
