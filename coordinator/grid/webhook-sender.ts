import { backoffMs } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Service } from '../../shared/service.ts';
import type { OutboundHttp } from '../outbound/outbound-http.ts';
import type { ClaimedDelivery, WebhookStore } from '../store/webhook-store.ts';
import type { SecretsFace } from './face.ts';
import { Wake } from './wake.ts';
import { sendWebhook, SEND_MS } from './send-webhook.ts';

export interface WebhookSenderDeps {
  readonly webhooks: WebhookStore;
  readonly outbound: OutboundHttp;
  readonly secrets: SecretsFace;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
}

const AT_ONCE = 16;
const POLL_MS = 1_000;
/** Longer than a send with its sign-in takes: who still holds one then is dead. */
const LEASE_MS = 3 * SEND_MS;
const BACKOFF = { firstMs: 2_000, maxMs: 10 * 60_000 };
/** Of one allowed attempt: a delivery that ends every coordinator must not go on for ever. */
const CLAIMS_PER_ATTEMPT = 3;

/** Whether another try would be the same: the address itself may not be asked. */
function isFinal(error: GridError): boolean {
  const { code, details } = error;
  return details['field'] === 'url' && (code === 'invalid_argument' || code === 'permission_denied');
}

/**
 * Empties the outbox, each delivery at least once. Every coordinator runs one. One that dies between the answer and the
 * mark leaves a claim that runs out: the receiver hears it again, by the same `webhook-id`.
 */
export class WebhookSender implements Service {
  readonly name = 'webhooks';
  readonly #deps: WebhookSenderDeps;
  readonly #stop = new AbortController();
  readonly #sending = new Set<Promise<void>>();
  readonly #freed = new Wake();
  #running: Promise<void> = Promise.resolve();

  constructor(deps: WebhookSenderDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all(this.#sending);
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#deps;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const seen = this.#freed.generation;
      const free = AT_ONCE - this.#sending.size;
      const found = await this.#claim(free).catch((error: unknown) => {
        logger.warn({ error: String(error) }, 'the outbox cannot be read; it is tried again');
        return 0;
      });
      // After a full hand there is likely more; whoever ends makes room for it.
      if (found < free || free === 0) await this.#freed.wait(seen, { clock, pollMs: POLL_MS, signal });
    }
  }

  async #claim(limit: number): Promise<number> {
    if (limit === 0) return 0;
    const { webhooks, ids } = this.#deps;
    const claimed = await webhooks.claim({ claimId: ids.randomUuid(), limit, leaseMs: LEASE_MS });
    for (const delivery of claimed) {
      const sending: Promise<void> = this.#deliver(delivery).finally(() => {
        this.#sending.delete(sending);
        this.#freed.ring();
      });
      this.#sending.add(sending);
    }
    return claimed.length;
  }

  async #deliver(delivery: ClaimedDelivery): Promise<void> {
    const { webhooks, logger } = this.#deps;
    const { deliveryId, origin } = delivery;
    try {
      const outcome = await this.#attempt(delivery);
      if (outcome === 'left') return await webhooks.release(delivery);
      if (outcome.error === undefined) {
        logger.info({ delivery: deliveryId, origin, status: outcome.status }, 'a webhook was delivered');
        return await webhooks.delivered(delivery, outcome.status);
      }
      const { error, status } = outcome;
      const againMs = this.#againMs(delivery, error);
      logger.warn({ delivery: deliveryId, origin, error: error.message, againMs }, 'a webhook failed');
      await webhooks.failed(delivery, { status, error: error.message, againMs });
    } catch (error) {
      // Its claim runs out.
      logger.warn(
        { delivery: deliveryId, error: String(error) },
        'what became of a webhook is not written down',
      );
    }
  }

  async #attempt(
    delivery: ClaimedDelivery,
  ): Promise<
    'left' | { status: number; error?: undefined } | { status: number | undefined; error: GridError }
  > {
    const { signal } = this.#stop;
    if (delivery.claims > delivery.maxAttempts * CLAIMS_PER_ATTEMPT) {
      const message = `given up: it was begun ${delivery.claims - 1} times, and mostly nobody told how it ended`;
      return { status: undefined, error: new GridError('internal', message) };
    }
    try {
      return { status: await sendWebhook(this.#deps, delivery, signal) };
    } catch (thrown) {
      if (signal.aborted) return 'left';
      const error = toGridError(thrown);
      const { status } = error.details;
      return { status: typeof status === 'number' ? status : undefined, error };
    }
  }

  #againMs({ attempts, claims, maxAttempts }: ClaimedDelivery, error: GridError): number | undefined {
    const over = attempts + 1 >= maxAttempts || claims > maxAttempts * CLAIMS_PER_ATTEMPT;
    if (over || isFinal(error)) return undefined;
    return Math.round(backoffMs(attempts, BACKOFF, () => 0.5 + this.#deps.ids.random() / 2));
  }
}
