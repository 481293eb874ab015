import { describe, expect, test } from 'vitest';
import { createSecrets } from '../../../../coordinator/grid/secrets.ts';

const OLD = 'an old key of thirty-two or more characters';
const NEW = 'a new key of thirty-two or more characters!';

describe('sealed secrets', () => {
  test('are told again, hold nothing readable, and are different each time', () => {
    const secrets = createSecrets([NEW]);
    const [one, two] = [secrets.seal('hunter2', 'a/b'), secrets.seal('hunter2', 'a/b')];
    expect(secrets.open(one, 'a/b')).toBe('hunter2');
    expect(one).not.toBe(two);
    expect(Buffer.from(one.split('.')[2]!, 'base64url').includes('hunter2')).toBe(false);
  });

  test.each(['', 'ü日本語', 'x'.repeat(100_000)])('any text: %#', (text) => {
    const secrets = createSecrets([NEW]);
    expect(secrets.open(secrets.seal(text, 'p'), 'p')).toBe(text);
  });

  test('keys rotate: the first seals, all open, and one that is not known is named', () => {
    const old = createSecrets([OLD]).seal('s', 'p');
    expect(createSecrets([NEW, OLD]).open(old, 'p')).toBe('s');
    const fresh = createSecrets([NEW, OLD]).seal('s', 'p');
    expect(createSecrets([NEW]).open(fresh, 'p')).toBe('s');
    const id = old.split('.')[1]!;
    expect(() => createSecrets([NEW]).open(old, 'p')).toThrow(`sealed with the key ${id}`);
  });

  test('open for nothing else than what they were sealed for, and not when a bit was changed', () => {
    const secrets = createSecrets([NEW]);
    const sealed = secrets.seal('s', 'user/1');
    expect(() => secrets.open(sealed, 'user/2')).toThrow('was changed, or is for something else');
    const [version, id, body = ''] = sealed.split('.');
    for (const at of [0, 15, 20, body.length - 2]) {
      const other = body.slice(0, at) + (body[at] === 'A' ? 'B' : 'A') + body.slice(at + 1);
      expect(() => secrets.open(`${version}.${id}.${other}`, 'user/1')).toThrow('was changed');
    }
    for (const text of ['', 's', `v1.${id}.`, `v1.${id}.AAAA`, `v2.${id}.${body}`])
      expect(() => secrets.open(text, 'user/1')).toThrow('the secret of user/1');
  });

  test('without a key nothing is sealed, and the setting is named', () => {
    expect(() => createSecrets([]).seal('s', 'p')).toThrow('CLIPGRID_SECRET_KEYS');
  });
});
