import { describe, expect, it, test } from 'vitest';
import { readAnimeSettings } from '../../../../../coordinator/dialects/anime/settings.ts';

const read = (env: Record<string, string> = {}) => readAnimeSettings(env, (_, fallback) => fallback);

test('nobody is let in, and there is no port, until a token is set', () => {
  expect(read()).toEqual({
    port: 0,
    tokens: [],
    edition: 'last',
    ladder: ['1080p', '720p', '480p', '360p'],
    upscale: 'lanczos',
    qp: 8,
    publicPrefix: '',
    mediaAuth: 'none',
    bucket: 'anime',
  });
});

test('the names of the reference work, and our own come first', () => {
  const reference = {
    AUTHORIZED_TOKENS: '["12345678", "b"]',
    ANIME_SRC_ROOT_DIR: '/films',
    ANIME_DST_ROOT_DIR: '/out',
    CCNS_ANIME_BACKEND_ACTIVE: 'True',
    CCNS_ANIME_BACKEND_URL: 'https://site.example/api/',
    CCNS_ANIME_BACKEND_USER: 'user',
    CCNS_ANIME_BACKEND_PASSWORD: 'secret',
  };
  expect(read(reference)).toMatchObject({
    port: 5000,
    tokens: ['12345678', 'b'],
    sourceRoot: { kind: 'folder', path: '/films' },
    catalogue: { url: 'https://site.example/api', user: 'user', password: 'secret' },
  });
  const own = { ...reference, CLIPGRID_ANIME_TOKENS: '["c"]', CLIPGRID_ANIME_SRC: 'bucket:films/a/b/' };
  expect(read(own)).toMatchObject({
    tokens: ['c'],
    sourceRoot: { kind: 'bucket', bucket: 'films', prefix: 'a/b' },
  });
});

test.each(['', '0', 'false', 'False', 'no'])('the catalogue is off for %j', (value) => {
  expect(read({ CCNS_ANIME_BACKEND_ACTIVE: value }).catalogue).toBeUndefined();
});

describe('a mistake names its variable', () => {
  it.each([
    ['AUTHORIZED_TOKENS', '12345678'],
    ['AUTHORIZED_TOKENS', '[""]'],
    ['CLIPGRID_ANIME_TOKENS', '{"a":1}'],
    ['CLIPGRID_ANIME_EDITION', 'second'],
    ['CLIPGRID_ANIME_SRC', 'bucket:UPPER'],
    ['CLIPGRID_ANIME_LADDER', '720p,720p'],
    ['CLIPGRID_ANIME_LADDER', '720'],
    ['CLIPGRID_ANIME_UPSCALE', 'yes'],
    ['CLIPGRID_ANIME_USPP_QP', '0'],
    ['CLIPGRID_ANIME_PUBLIC_PREFIX', 'media'],
    ['CLIPGRID_ANIME_MEDIA_AUTH', 'some'],
    ['CLIPGRID_ANIME_BUCKET', 'A'],
  ])('%s=%s', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(name);
  });

  it('of copies in the bucket of the sources, which would be removed with them', () => {
    const films = { CLIPGRID_ANIME_SRC: 'bucket:films/new', CLIPGRID_ANIME_BUCKET: 'films' };
    expect(() => read(films)).toThrow('CLIPGRID_ANIME_BUCKET');
    expect(() => read({ CLIPGRID_ANIME_SRC: 'bucket:anime' })).toThrow('CLIPGRID_ANIME_BUCKET');
  });

  it('and never tells a token', () => {
    expect(() => read({ AUTHORIZED_TOKENS: 'hidden' })).not.toThrow('hidden');
  });
});
