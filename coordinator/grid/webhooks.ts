import { z } from 'zod';
import { GridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { OutboundHttp } from '../outbound/outbound-http.ts';
import type { WebhookStore } from '../store/webhook-store.ts';
import type { SecretsFace } from './face.ts';
import type { WebhooksFace } from './outbound-face.ts';

export interface WebhooksDeps {
  readonly webhooks: WebhookStore;
  readonly outbound: OutboundHttp;
  readonly ids: IdSource;
}

const MAX_BODY_BYTES = 256 * 1024;
const DEFAULT_ATTEMPTS = 12;
const MOST_ATTEMPTS = 30;

const ADDRESS = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  secret: z.string().optional(),
  signIn: z.object({ url: z.string(), body: z.string(), tokenField: z.string() }).optional(),
  expectJson: z.boolean(),
});

/** Where and how one is sent: kept sealed. */
export type DeliveryAddress = z.output<typeof ADDRESS>;

function purpose(deliveryId: string): string {
  return `webhook/${deliveryId}`;
}

/** Reads what `enqueue` sealed. */
export function openAddress(secrets: SecretsFace, deliveryId: string, sealed: string): DeliveryAddress {
  return ADDRESS.parse(JSON.parse(secrets.open(sealed, purpose(deliveryId))));
}

/** Header names and values that make no second header. */
function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (/^[\w-]{1,100}$/.test(name) && /^[\t\x20-\x7e]{0,4096}$/.test(value)) continue;
    const message = `${JSON.stringify(name)} is no header that can be sent: give a name of letters, digits and hyphens, and a value of ASCII`;
    throw new GridError('invalid_argument', message, { details: { field: 'headers', value: name } });
  }
}

/** The outbox as the rest of the grid uses it; `webhook-sender.ts` empties it. */
export function createWebhooks(
  { webhooks, outbound, ids }: WebhooksDeps,
  secrets: SecretsFace,
): WebhooksFace {
  return {
    async enqueue(input, tx) {
      const { ownerId, url, body, headers = {}, secret, signIn, maxAttempts = DEFAULT_ATTEMPTS } = input;
      const origin = outbound.checkUrl(url);
      if (signIn) outbound.checkUrl(signIn.url);
      checkHeaders(headers);
      const bytes = Buffer.from(body);
      if (bytes.length > MAX_BODY_BYTES) {
        const message = `the body has ${bytes.length} bytes, at most ${MAX_BODY_BYTES} are sent`;
        throw new GridError('too_large', message, { details: { field: 'body' } });
      }
      const deliveryId = ids.uuid();
      const address: DeliveryAddress = {
        url,
        headers: { 'content-type': 'application/json', ...headers },
        ...(secret === undefined ? {} : { secret }),
        ...(signIn === undefined ? {} : { signIn }),
        expectJson: input.expectJson ?? false,
      };
      const sealed = secrets.seal(JSON.stringify(address), purpose(deliveryId));
      const most = Math.min(MOST_ATTEMPTS, Math.max(1, maxAttempts));
      await webhooks.put({ deliveryId, ownerId, origin, sealed, body: bytes, maxAttempts: most }, tx);
      return deliveryId;
    },
    checkUrl(url) {
      outbound.checkUrl(url);
    },
    async get(deliveryId) {
      const view = await webhooks.get(deliveryId);
      if (view) return view;
      throw new GridError('not_found', `there is no delivery ${deliveryId}`, {
        details: { field: 'delivery_id', value: deliveryId },
      });
    },
  };
}
