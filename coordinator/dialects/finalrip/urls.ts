import type { Clock } from '../../../shared/clock.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import type { TicketSigner } from './ticket.ts';

/** Contract 2.6: every URL works for 48 hours. */
export const URL_LIFE_S = 172_800;
/** How long the URL of an encoded clip is told again. Each lives by that much longer, so that 48 hours are always left. */
const REUSE_S = 600;
/** About 10 MB of them. */
const MAX_REUSED = 20_000;
/** Below this path of the main port the data gateway answers. */
export const GATEWAY_PATH = '/finalrip/data/';

/** URLs that answers hold: downloads by the store, uploads and clips by the data gateway. */
export class Urls {
  readonly #objects: Pick<ObjectStore, 'signGet'>;
  readonly #signer: TicketSigner;
  readonly #base: string;
  readonly #clock: Clock;
  /** By bucket and name; all of one time are thrown away together. */
  readonly #reused = new Map<string, string>();
  #reuseUntilMs = 0;

  constructor(deps: {
    objects: Pick<ObjectStore, 'signGet'>;
    signer: TicketSigner;
    publicUrl: string;
    clock: Clock;
  }) {
    this.#objects = deps.objects;
    this.#signer = deps.signer;
    this.#base = deps.publicUrl + GATEWAY_PATH;
    this.#clock = deps.clock;
  }

  /** A download of an object under its own name. */
  object(bucket: string, name: string): Promise<string> {
    const options = { expiresS: URL_LIFE_S, audience: 'public', fileName: name } as const;
    return this.#objects.signGet({ bucket, key: name }, options);
  }

  /**
   * Downloads of encoded clips, of which a task may have thousands, in the order of `names`; an undefined name gives ''.
   * A URL is for a name, whatever bytes it has, so those told a short while ago are told again.
   */
  async segments(bucket: string, names: readonly (string | undefined)[]): Promise<string[]> {
    const options = { expiresS: URL_LIFE_S + REUSE_S, audience: 'public' } as const;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= this.#reuseUntilMs || this.#reused.size > MAX_REUSED) {
      this.#reused.clear();
      this.#reuseUntilMs = nowMs + REUSE_S * 1000;
    }
    const urls: string[] = [];
    for (const name of names) {
      if (name === undefined) {
        urls.push('');
        continue;
      }
      const known = this.#reused.get(`${bucket}/${name}`);
      const url =
        known ?? (await this.#objects.signGet({ bucket, key: name }, { ...options, fileName: name }));
      if (known === undefined) this.#reused.set(`${bucket}/${name}`, url);
      urls.push(url);
    }
    return urls;
  }

  upload(key: { ownerId: string; videoKey: string; clears: number }): string {
    return this.#base + this.#signer.sign({ kind: 'upload', ...key, expiresAtS: this.#expiry() });
  }

  /** One signature serves all clips of a task, of which there may be thousands. */
  clips(taskId: string): (index: number) => string {
    const ticket = this.#signer.sign({ kind: 'clip', taskId, expiresAtS: this.#expiry() });
    return (index) => `${this.#base}${ticket}/${index}`;
  }

  #expiry(): number {
    return Math.ceil(this.#clock.wallMs() / 1000) + URL_LIFE_S;
  }
}
