import { createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import type { OutboundAnswer, OutboundHttp } from '../outbound/outbound-http.ts';
import type { ClaimedDelivery } from '../store/webhook-store.ts';
import type { SecretsFace } from './face.ts';
import { openAddress, type DeliveryAddress } from './webhooks.ts';

/** Of one request, its answer included. */
export const SEND_MS = 10_000;
/** Of an answer that is read: a token, or a word that all went well. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface SendDeps {
  readonly outbound: OutboundHttp;
  readonly secrets: SecretsFace;
  readonly clock: Clock;
}

interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Whether what it says counts, and not only that it says 2xx. */
  readonly read: boolean;
}

/** As Standard Webhooks 1.0 has it: the receiver can tell that it is ours, whole, and new. */
export function signatureHeaders(
  { deliveryId, body }: { readonly deliveryId: string; readonly body: Uint8Array },
  { secret }: Pick<DeliveryAddress, 'secret'>,
  nowS: number,
): Record<string, string> {
  const stamp = { 'webhook-id': deliveryId, 'webhook-timestamp': String(nowS) };
  if (secret === undefined) return stamp;
  const [, encoded] = /^whsec_(.+)$/.exec(secret) ?? [];
  const key = encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, 'base64');
  const signed = createHmac('sha256', key).update(`${deliveryId}.${nowS}.`).update(body).digest('base64');
  return { ...stamp, 'webhook-signature': `v1,${signed}` };
}

/** One attempt. Resolves to the status of the answer that took it; throws for every other end, with `details.status`. */
export async function sendWebhook(
  { outbound, secrets, clock }: SendDeps,
  delivery: ClaimedDelivery,
  signal: AbortSignal,
): Promise<number> {
  const { deliveryId, sealed, body } = delivery;
  const address = openAddress(secrets, deliveryId, sealed);

  async function post(what: string, { read, ...request }: Post): Promise<OutboundAnswer> {
    const maxBytes = read ? MAX_ANSWER_BYTES : Number.MAX_SAFE_INTEGER;
    const limits = { timeoutMs: SEND_MS, maxBytes, signal };
    const answer = await outbound.request({ method: 'POST', ...request, ...limits });
    if (answer.status >= 200 && answer.status < 300) return answer;
    answer.body.destroy();
    const { status } = answer;
    throw new GridError('unavailable', `${what} answered ${status}`, { details: { status } });
  }

  async function bearer(): Promise<Record<string, string>> {
    const { signIn } = address;
    if (signIn === undefined) return {};
    const headers = { 'content-type': 'application/json' };
    const said = await json(await post('the sign-in', { ...signIn, headers, read: true }), 'the sign-in');
    const token = typeof said === 'object' && said !== null && Reflect.get(said, signIn.tokenField);
    if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token))
      return { authorization: `Bearer ${token}` };
    throw new GridError('unavailable', `the sign-in’s answer has no ${signIn.tokenField}`);
  }

  const authorization = await bearer();
  const stamp = signatureHeaders(delivery, address, Math.floor(clock.wallMs() / 1000));
  const headers = { ...address.headers, ...authorization, ...stamp };
  const answer = await post(delivery.origin, { url: address.url, headers, body, read: address.expectJson });
  if (address.expectJson) await json(answer, delivery.origin);
  else answer.body.destroy();
  return answer.status;
}

/** What an answer says is never part of a message. */
async function json({ body, status }: OutboundAnswer, what: string): Promise<unknown> {
  const said = await text(body);
  try {
    return JSON.parse(said) as unknown;
  } catch {
    throw new GridError('unavailable', `${what} answered ${status}, but not in JSON`, {
      details: { status },
    });
  }
}
