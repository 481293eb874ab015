import type { Service } from '../../../shared/service.ts';
import type { Context } from './context.ts';
import { URL_LIFE_S } from './urls.ts';

const EVERY_MS = 30_000;
const BATCH = 100;
/** Older objects of the staging bucket belong to an upload or a start that was killed. */
const STAGED_MS = 6 * 3600_000;
/** An upload URL of before a clear may live for so long after it. */
const REMEMBER_CLEARS_S = URL_LIFE_S + 3600;

/** Removes what a killed process left: objects of cleared tasks, and uploads and copies that nobody finished. */
export class Housekeeper implements Service {
  readonly name = 'FinalRip housekeeper';
  readonly #context: Context;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(context: Context) {
    this.#context = context;
  }

  start(): Promise<void> {
    this.#running = this.#run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#context.parts;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#tidy().catch((error: unknown) => {
        logger.warn({ error: String(error) }, 'FinalRip objects are removed later');
      });
      await clock.sleep(EVERY_MS, signal);
    }
  }

  async #tidy(): Promise<void> {
    const { names, guard } = this.#context;
    for (const { ownerId, root } of await names.littered(BATCH)) await guard.tidy(ownerId, root);
    await names.pruneCleared(REMEMBER_CLEARS_S);
    await this.#sweepStaging();
  }

  async #sweepStaging(): Promise<void> {
    const { names, buckets, parts } = this.#context;
    const before = parts.clock.wallMs() - STAGED_MS;
    const old: string[] = [];
    for await (const object of parts.objects.list(buckets.staging, '')) {
      if (object.modifiedMs < before) old.push(object.key);
    }
    const pinned = await names.pinned(old);
    const lost = old.filter((key) => !pinned.has(key));
    if (lost.length > 0) await parts.objects.remove(lost.map((key) => ({ bucket: buckets.staging, key })));
  }
}
