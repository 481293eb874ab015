import { expect, test } from 'vitest';
import { UrlSigner, type UrlClaims } from '../../../../coordinator/objects/signed-token.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const signer = new UrlSigner('a secret that is only for tests');
const claims: UrlClaims = { method: 'GET', bucket: 'clipgrid', key: 'a', expiresAtS: 1_000 };

test('a URL is good until its time is over', () => {
  const token = signer.sign(claims);
  expect(signer.verify(token, 999_999)).toEqual(claims);
  expect(() => signer.verify(token, 1_000_000)).toThrow('this URL expired at 1970-01-01T00:16:40.000Z');
});

test('no other last character passes, also where it decodes to the same bytes', () => {
  const token = signer.sign(claims);
  const passes = ALPHABET.split('').filter((char) => {
    try {
      signer.verify(token.slice(0, -1) + char, 0);
      return true;
    } catch {
      return false;
    }
  });
  expect(passes).toEqual([token.at(-1)]);
});
