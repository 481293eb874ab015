import { describe, expect, test } from 'vitest';
import { readFinalripSettings } from '../../../../../coordinator/dialects/finalrip/settings.ts';

const read = (env: Record<string, string>) => readFinalripSettings(env, 8848);

describe('settings', () => {
  test('nothing set: a token is needed and there is none', () => {
    expect(read({})).toEqual({ port: 8848, auth: 'token', tokens: [], bucket: 'finalrip', createAt: 'text' });
  });

  test('open only where somebody said so', () => {
    expect(read({ CLIPGRID_FINALRIP_AUTH: 'none' }).auth).toBe('none');
    expect(read({ CLIPGRID_AUTH: 'none' }).auth).toBe('none');
    expect(read({ CLIPGRID_AUTH: 'none', CLIPGRID_FINALRIP_AUTH: 'token' }).auth).toBe('token');
    expect(read({ CLIPGRID_AUTH: 'token' }).auth).toBe('token');
  });

  test('the shared token and named ones, each an owner', () => {
    const env = { CLIPGRID_FINALRIP_TOKEN: '114514', CLIPGRID_FINALRIP_TOKENS: 'alice=s=1, bob:read=s2' };
    expect(read(env).tokens).toEqual([
      { ownerId: 'finalrip', scopes: ['read', 'submit'], secret: '114514' },
      { ownerId: 'alice', scopes: ['read', 'submit'], secret: 's=1' },
      { ownerId: 'bob', scopes: ['read'], secret: 's2' },
    ]);
  });

  test.each([
    [{ CLIPGRID_FINALRIP_AUTH: 'open' }, /CLIPGRID_FINALRIP_AUTH is "open"/],
    [{ CLIPGRID_FINALRIP_CREATE_AT: 'date' }, /CLIPGRID_FINALRIP_CREATE_AT is "date"/],
    [{ CLIPGRID_FINALRIP_BUCKET: 'A' }, /CLIPGRID_FINALRIP_BUCKET is "A"/],
    [{ CLIPGRID_FINALRIP_TOKENS: 'alice' }, /NAME=SECRET/],
    [{ CLIPGRID_FINALRIP_TOKENS: 'alice:admin=x' }, /NAME=SECRET/],
    [{ CLIPGRID_FINALRIP_TOKENS: 'a=x,b=x' }, /same secret/],
    [{ CLIPGRID_FINALRIP_TOKENS: 'a=x,a=y' }, /given once/],
    [{ CLIPGRID_FINALRIP_TOKEN: 'x', CLIPGRID_ADMIN_TOKEN: 'x' }, /same secret/],
  ])('%j is refused', (env, message) => {
    expect(() => read(env)).toThrow(message);
  });

  test('a refusal never shows a secret', () => {
    expect(() => read({ CLIPGRID_FINALRIP_TOKENS: 'hunter2' })).toThrow(/^(?!.*hunter2)/s);
  });
});
