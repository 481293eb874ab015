import { createHmac, timingSafeEqual } from 'node:crypto';

/** A claim's value as JSON has it. */
export type Claims = Readonly<Record<string, unknown>>;

export type JwtKey = string | Uint8Array;

/**
 * Why a token is refused, in this order: its form, its algorithm, its signature, then its time. `no_expiry`: it has no
 * `exp`; `bad_expiry`: that is no number.
 */
export type JwtRefusal = 'malformed' | 'algorithm' | 'signature' | 'no_expiry' | 'bad_expiry' | 'expired';

export type JwtResult =
  | { readonly claims: Claims }
  /** `claims` are there when the signature is right: of an expired token that is to be refreshed. */
  | { readonly refused: JwtRefusal; readonly claims?: Claims };

const HEADER = encode({ alg: 'HS256', typ: 'JWT' });

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signature(key: JwtKey, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function decode(part: string): Claims | undefined {
  if (!/^[\w-]+$/.test(part)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** A JSON Web Token (RFC 7519) by HS256. The first key signs. */
export function signJwt(claims: Claims, keys: readonly JwtKey[]): string {
  const [key] = keys;
  if (!key) throw new Error('no key to sign tokens with');
  const text = `${HEADER}.${encode(claims)}`;
  return `${text}.${signature(key, text).toString('base64url')}`;
}

/** Checks signature (by any of the keys) and `exp`, in seconds like `nowS`. What else the claims say is the caller's to judge. */
export function verifyJwt(token: string, keys: readonly JwtKey[], nowS: number): JwtResult {
  const [head = '', body = '', sign, ...more] = token.split('.');
  const header = decode(head);
  const claims = decode(body);
  if (sign === undefined || more.length > 0 || !header || !claims) return { refused: 'malformed' };
  if (header['alg'] !== 'HS256') return { refused: 'algorithm' };
  const said = Buffer.from(sign, 'base64url');
  const isRight = keys
    .map((key) => signature(key, `${head}.${body}`))
    .some((mine) => mine.length === said.length && timingSafeEqual(mine, said));
  if (!isRight) return { refused: 'signature' };
  const { exp } = claims;
  if (exp === undefined || exp === null) return { refused: 'no_expiry', claims };
  if (typeof exp !== 'number') return { refused: 'bad_expiry', claims };
  return nowS > exp ? { refused: 'expired', claims } : { claims };
}
