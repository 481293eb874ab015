import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { assert, GridError } from '../../shared/errors.ts';

/** All that a URL of the folder store permits. Every field is under the signature. */
export interface UrlClaims {
  readonly method: 'GET' | 'PUT' | 'PART';
  readonly bucket: string;
  readonly key: string;
  /** Wall clock, seconds since 1970; first second at which the URL is refused. */
  readonly expiresAtS: number;
  readonly createOnly?: boolean;
  readonly sizeBytes?: number;
  readonly maxBytes?: number;
  readonly md5?: string;
  readonly sha256?: string;
  readonly contentType?: string;
  readonly fileName?: string;
  readonly inline?: boolean;
  readonly uploadId?: string;
  readonly part?: number;
}

/** Turns claims into one URL path segment and back. HMAC-SHA256 over the encoded claims. */
export class UrlSigner {
  readonly #secret: KeyObject;

  constructor(secret: string) {
    assert(secret.length >= 16, 'the secret that signs object URLs has at least 16 characters');
    this.#secret = createSecretKey(secret, 'utf8');
  }

  sign(claims: UrlClaims): string {
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${payload}.${this.#mac(payload).toString('base64url')}`;
  }

  /** Throws `permission_denied` for a token that this secret did not sign or whose time is over. */
  verify(token: string, nowMs: number): UrlClaims {
    const dot = token.indexOf('.');
    const payload = token.slice(0, Math.max(dot, 0));
    // The text, not what it decodes to: the last character has bits that mean nothing.
    const given = Buffer.from(token.slice(dot + 1));
    const wanted = Buffer.from(this.#mac(payload).toString('base64url'));
    if (dot < 1 || given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      throw new GridError(
        'permission_denied',
        'the signature of this URL is wrong: it was changed, cut short, or signed with another secret; ask for a new URL',
      );
    }
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as UrlClaims;
    if (nowMs >= claims.expiresAtS * 1000) {
      const at = new Date(claims.expiresAtS * 1000).toISOString();
      throw new GridError('permission_denied', `this URL expired at ${at}; ask for a new one`);
    }
    return claims;
  }

  #mac(payload: string): Buffer {
    return createHmac('sha256', this.#secret).update(`clipgrid-object-url-v1\n${payload}`).digest();
  }
}
