import type { Clock } from '../../../shared/clock.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import type { TicketSigner } from './ticket.ts';

/** Contract 2.6: every URL works for 48 hours. */
export const URL_LIFE_S = 172_800;
/** Below this path of the main port the data gateway answers. */
export const GATEWAY_PATH = '/finalrip/data/';

/** URLs that answers hold: downloads by the store, uploads and clips by the data gateway. */
export class Urls {
  readonly #objects: Pick<ObjectStore, 'signGet'>;
  readonly #signer: TicketSigner;
  readonly #base: string;
  readonly #clock: Clock;

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
