import type { Context as Exchange } from 'koa';
import { isOutdated, tokenTimeS, type UserView } from '../../../domain/user.ts';
import { signJwt, verifyJwt, type Claims, type JwtRefusal } from '../../../http/jwt.ts';
import { tokenRefused, type OpenencoderError } from '../errors.ts';
import { isRole } from './roles.ts';

/** A second is kept back for a user who was changed in the present one: their token's time is then the next second. */
const LIFE_S = 3_599;
/** How old a session may be that is to go on without a password. */
const REFRESH_S = 3_600;

/** A token whose signature, time and form are right. */
export interface Token {
  readonly name: string;
  readonly issuedS: number;
  readonly expiresS: number;
  readonly startedS: number | undefined;
}

export interface SignedToken {
  readonly token: string;
  readonly expiresS: number;
}

const REFUSALS: Readonly<Record<JwtRefusal, OpenencoderError>> = {
  malformed: tokenRefused('token contains an invalid number of segments'),
  algorithm: tokenRefused('invalid signing algorithm'),
  signature: tokenRefused('signature is invalid'),
  no_expiry: tokenRefused('missing exp field', 400),
  bad_expiry: tokenRefused('exp must be float64 format', 400),
  expired: tokenRefused('Token is expired'),
};

/** The text of a request's token: header, then query, then the cookie `jwt`. */
export function tokenText(ctx: Exchange): string {
  const header = ctx.get('authorization');
  if (header !== '') return /^Bearer (.+)$/.exec(header)?.[1] ?? '';
  return new URLSearchParams(ctx.querystring).get('token') || ctx.cookies.get('jwt') || '';
}

/** Makes and reads the tokens of contract 2.3. */
export class Tokens {
  readonly #keys: readonly string[];

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  /** For a user who was just read. `startedS`: of the session that goes on; undefined: it starts. */
  sign(user: UserView & { readonly role: string }, startedS?: number): SignedToken {
    const issuedS = tokenTimeS(user);
    const expiresS = issuedS + LIFE_S;
    const claims = { id: user.name, role: user.role, exp: expiresS, orig_iat: startedS ?? issuedS };
    return { token: signJwt(claims, this.#keys), expiresS };
  }

  /** Throws the contract's refusals. */
  read(text: string, nowS: number): Token {
    return this.#token(this.#claims(text, nowS, false));
  }

  /** As `read`, but an expired token will do while its session is not older than an hour. */
  readForRefresh(text: string, nowS: number): Token & { readonly startedS: number } {
    const token = this.#token(this.#claims(text, nowS, true));
    const { startedS } = token;
    if (startedS === undefined) throw tokenRefused('missing orig_iat field');
    if (nowS - startedS > REFRESH_S) throw tokenRefused('token is expired');
    return { ...token, startedS };
  }

  #claims(text: string, nowS: number, mayBeExpired: boolean): Claims {
    if (text === '') throw tokenRefused('cookie token is empty');
    const result = verifyJwt(text, this.#keys, nowS);
    if (!('refused' in result)) return result.claims;
    if (mayBeExpired && result.refused === 'expired' && result.claims !== undefined) return result.claims;
    throw REFUSALS[result.refused];
  }

  #token(claims: Claims): Token {
    const { id, role, exp, orig_iat: startedS } = claims;
    if (typeof role !== 'string' || !isRole(role))
      throw tokenRefused("you don't have permission to access this resource", 403);
    if (typeof id !== 'string' || id === '') throw tokenRefused('the token names nobody');
    return {
      name: id,
      issuedS: Number(exp) - LIFE_S,
      expiresS: Number(exp),
      startedS: typeof startedS === 'number' ? startedS : undefined,
    };
  }
}

/** Whether a token ended with a change of its user: the first state of a user outdates nothing. */
export function endedByChange(user: UserView, { issuedS }: Token): boolean {
  return user.version > 1 && isOutdated(user, issuedS);
}
