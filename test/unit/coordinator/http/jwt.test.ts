import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signJwt, verifyJwt } from '../../../../coordinator/http/jwt.ts';

const KEYS = ['the new key', 'the old key'];
const NOW = 1_700_000_000;
const CLAIMS = { id: 'ann', role: 'guest', exp: NOW + 60, orig_iat: NOW };

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Any header and claims under a right signature. */
function forged(header: unknown, claims: unknown, key = 'the new key'): string {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

const HS256 = { alg: 'HS256', typ: 'JWT' };

describe('JWT', () => {
  test('the token that RFC 7515 has as its example (appendix A.1) is right', () => {
    const key = Buffer.from(
      'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
      'base64url',
    );
    const head = 'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9';
    const body =
      'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
    const token = `${head}.${body}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`;
    const claims = { iss: 'joe', exp: 1_300_819_380, 'http://example.com/is_root': true };
    expect(verifyJwt(token, [key], 1_300_000_000)).toEqual({ claims });
    expect(verifyJwt(token, [key], NOW)).toEqual({ refused: 'expired', claims });
    expect(verifyJwt(token, ['k'], 1_300_000_000)).toEqual({ refused: 'signature' });
  });

  test('what is signed is told again, with exactly its claims and header', () => {
    const token = signJwt(CLAIMS, KEYS);
    expect(verifyJwt(token, KEYS, NOW)).toEqual({ claims: CLAIMS });
    expect(token.split('.')[0]).toBe(part(HS256));
  });

  test('keys rotate: the first signs, each of them verifies, one that was taken away does not', () => {
    const old = signJwt(CLAIMS, ['the old key']);
    expect(verifyJwt(old, KEYS, NOW)).toEqual({ claims: CLAIMS });
    expect(verifyJwt(signJwt(CLAIMS, KEYS), ['the new key'], NOW)).toEqual({ claims: CLAIMS });
    expect(verifyJwt(old, ['the new key'], NOW)).toEqual({ refused: 'signature' });
  });

  test.each([
    ['abc', 'malformed'],
    ['', 'malformed'],
    ['a.b', 'malformed'],
    ['a.b.c.d', 'malformed'],
    ['!.!.!', 'malformed'],
    [`${part(HS256)}.${part([1])}.x`, 'malformed'],
    [`${part({ alg: 'none' })}.${part(CLAIMS)}.`, 'algorithm'],
    [forged({ alg: 'HS512' }, CLAIMS), 'algorithm'],
    [forged({ typ: 'JWT' }, CLAIMS), 'algorithm'],
    [forged(HS256, CLAIMS, 'another'), 'signature'],
    [`${signJwt(CLAIMS, KEYS).split('.').slice(0, 2).join('.')}.`, 'signature'],
    [forged(HS256, { ...CLAIMS, exp: NOW - 9 }, 'another'), 'signature'],
  ])('%s is refused: %s', (token, refused) => {
    expect(verifyJwt(token, KEYS, NOW)).toEqual({ refused });
  });

  test.each([
    [{ id: 'ann' }, 'no_expiry'],
    [{ exp: null }, 'no_expiry'],
    [{ exp: '9999999999' }, 'bad_expiry'],
    [{ exp: NOW - 1 }, 'expired'],
  ])('%j is refused (%s), but its claims are known', (claims, refused) => {
    expect(verifyJwt(forged(HS256, claims), KEYS, NOW)).toEqual({ refused, claims });
  });

  test('is good in the second of its end, and not after it', () => {
    const token = signJwt({ exp: NOW }, KEYS);
    expect(verifyJwt(token, KEYS, NOW)).toEqual({ claims: { exp: NOW } });
    expect(verifyJwt(token, KEYS, NOW + 0.5)).toMatchObject({ refused: 'expired' });
  });

  test('one bit of the claims changed is refused', () => {
    const [head, , sign] = signJwt(CLAIMS, KEYS).split('.');
    const admin = part({ ...CLAIMS, role: 'admin' });
    expect(verifyJwt(`${head}.${admin}.${sign}`, KEYS, NOW)).toEqual({ refused: 'signature' });
  });
});
