import { createHmac, timingSafeEqual } from 'node:crypto';
import { GridError } from '../../../shared/errors.ts';

/** What one URL of the data gateway permits. Every field is under the signature. */
export type Ticket = UploadTicket | ClipTicket;

export interface UploadTicket {
  readonly kind: 'upload';
  readonly ownerId: string;
  readonly videoKey: string;
  /** How many clears there had been: one of this key since then ends the ticket. */
  readonly clears: number;
  /** Seconds since 1970; the first second at which it is refused. */
  readonly expiresAtS: number;
}

/** All clips of one task: the index is a part of the path. */
export interface ClipTicket {
  readonly kind: 'clip';
  readonly taskId: string;
  readonly expiresAtS: number;
}

/** Turns tickets into one URL path segment and back. HMAC-SHA256 over the encoded ticket. */
export class TicketSigner {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  sign(ticket: Ticket): string {
    const payload = Buffer.from(JSON.stringify(ticket)).toString('base64url');
    return `${payload}.${this.#mac(payload).toString('base64url')}`;
  }

  /** Throws `permission_denied` for text that this secret did not sign or whose time is over. */
  verify(text: string, nowMs: number): Ticket {
    const dot = text.indexOf('.');
    const payload = text.slice(0, Math.max(dot, 0));
    const given = Buffer.from(text.slice(dot + 1), 'base64url');
    const wanted = this.#mac(payload);
    if (dot < 1 || given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      throw new GridError('permission_denied', 'this URL was changed or cut short: ask for a new one');
    }
    const ticket = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Ticket;
    if (nowMs >= ticket.expiresAtS * 1000)
      throw new GridError('permission_denied', 'this URL has expired: ask for a new one');
    return ticket;
  }

  #mac(payload: string): Buffer {
    return createHmac('sha256', this.#secret).update(`clipgrid-finalrip-v1\n${payload}`).digest();
  }
}
