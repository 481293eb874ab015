import { describe, expect, it, test } from 'vitest';
import { checkCreate, parseBody } from '../../../../../coordinator/dialects/anime/schema.ts';
import { DEFAULT_LADDER } from '../../../../../coordinator/dialects/anime/settings.ts';

const LAST = { edition: 'last', ladder: DEFAULT_LADDER, upscale: 'lanczos' } as const;
const FIRST = { ...LAST, edition: 'first' } as const;
const CATALOGUE = { catalogue: { url: 'https://site.example', user: 'u', password: 'p' } } as const;

/** Status and message of the refusal; undefined: it is fine. */
function refusal(body: unknown, rules: Parameters<typeof checkCreate>[1] = LAST): unknown {
  try {
    checkCreate(body, rules);
    return undefined;
  } catch (error) {
    return [(error as { status: number }).status, (error as Error).message];
  }
}

const SOURCE = [400, 'src_path not set or not str'];
const DESTINATION = [400, 'dst_path not set or not str'];
const FORBIDDEN = [400, 'path contains forbidden characters'];

describe('a URL instead of a path', () => {
  it.each([
    [
      { src_url: 'https://a.example/x.mkv', src_path: 'a.mp4', dst_path: 'x' },
      'src_path and src_url are both',
    ],
    [{ src_url: 5, dst_path: 5 }, 'src_url must be'],
    [{ src_url: 'ftp://a.example/x.mkv', dst_path: 'x' }, 'src_url must be'],
    [{ src_url: `https://a.example/${'x'.repeat(2048)}`, dst_path: 'x' }, 'src_url must be'],
    [{ src_url: 'https://me:hush@a.example/', dst_path: 'x' }, 'src_url has a user name or password'],
    [{ src_url: 'https://a.example/x.mkv' }, 'dst_path not set or not str'],
  ])('%j is refused', (body, message) => {
    expect(refusal(body)).toEqual([400, expect.stringContaining(message)]);
  });

  it('is taken by both editions, and shown without what may be secret', () => {
    const body = { src_path: null, src_url: 'https://A.example:8443/p/x.mkv?token=1', dst_path: 'x' };
    for (const rules of [LAST, FIRST])
      expect(checkCreate(body, rules)).toMatchObject({
        srcPath: 'https://a.example:8443',
        srcUrl: body.src_url,
      });
  });
});

describe('check 3: what is no JSON is 406', () => {
  it.each([
    ['last', '{"a":', true, 'Json parse error'],
    ['last', 'null', true, 'Json parse error'],
    ['last', undefined, true, 'Json parse error'],
    ['first', '{"a":', true, 'application/json needed'],
    ['first', '{}', false, 'application/json needed'],
  ] as const)('%s edition: %j, JSON type %s: %s', (edition, text, isJsonType, message) => {
    expect(() => parseBody(text, isJsonType, edition)).toThrow(
      expect.objectContaining({ status: 406, message }),
    );
  });

  it('the last edition does not look at the content type', () => {
    expect(parseBody('{"a": 1}', false, 'last')).toEqual({ a: 1 });
  });
});

describe('check 4: each row of the table, in its order', () => {
  it.each([
    [[], SOURCE],
    ['text', SOURCE],
    [{}, SOURCE],
    [{ src_path: 5, dst_path: 5 }, SOURCE],
    [{ src_path: '../a', dst_path: 5 }, FORBIDDEN],
    [{ src_path: 'a' }, DESTINATION],
    [{ src_path: 'a', dst_path: ['x'] }, DESTINATION],
    [{ src_path: 'a', dst_path: 'x"y' }, FORBIDDEN],
    [{ src_path: 'a', dst_path: '/' }, FORBIDDEN],
    [{ src_path: 'a', dst_path: '/anime//status/' }, FORBIDDEN],
    [{ src_path: 'a', dst_path: 'x', more: 1 }, undefined],
  ])('%j', (body, answer) => {
    expect(refusal(body)).toEqual(answer);
  });

  it.each(['a/..', '..', '../a', 'a/../b', 'a../b', 'a*b', 'a|b', `a'b`, 'a\\b', 'a\0b', 'a\nb', ''])(
    'the path %j is forbidden',
    (src_path) => expect(refusal({ src_path, dst_path: 'x' })).toEqual(FORBIDDEN),
  );

  it('a path of 1024 bytes is the longest', () => {
    expect(refusal({ src_path: 'ä'.repeat(512), dst_path: 'x' })).toBeUndefined();
    expect(refusal({ src_path: `${'ä'.repeat(512)}a`, dst_path: 'x' })).toEqual(FORBIDDEN);
  });

  it('with the catalogue on its ids are checked before dst_path, unless the edition is the first', () => {
    const body = { src_path: 'a.mp4', anime_id: 2, episode_count: 1 };
    expect(refusal(body, { ...LAST, ...CATALOGUE })).toEqual([400, 'anime_id must be str']);
    expect(refusal({ ...body, anime_id: '2' }, { ...LAST, ...CATALOGUE })).toEqual([
      400,
      'episode_count must be str',
    ]);
    expect(refusal(body, { ...FIRST, ...CATALOGUE })).toEqual(DESTINATION);
    expect(refusal(body)).toEqual(DESTINATION);
    const evil = { src_path: 'a', anime_id: '../x', episode_count: '1' };
    expect(refusal(evil, { ...LAST, ...CATALOGUE })).toEqual(FORBIDDEN);
  });

  it.each([
    [{ ladder: [] }, 'ladder must be a list'],
    [{ ladder: ['720p', '720p'] }, 'each rendition once'],
    [{ ladder: ['720'] }, '"720" is no rendition'],
    [{ ladder: ['99999p'] }, '"99999p" is no rendition'],
    [{ upscale: 'ai' }, 'upscale must be'],
    [{ callback_url: 'file:///etc/passwd' }, 'callback_url must be'],
  ])('our own keys: %j', (more, message) => {
    expect(refusal({ src_path: 'a', dst_path: 'x', ...more })).toEqual([
      400,
      expect.stringContaining(message),
    ]);
  });
});

test('check 5: the first edition takes .mp4 only, in lower case', () => {
  const only = [501, 'Only support .mp4'];
  expect(refusal({ src_path: 'a.mkv', dst_path: 5 }, FIRST)).toEqual(only);
  expect(refusal({ src_path: 'a.MP4', dst_path: 'x' }, FIRST)).toEqual(only);
  expect(refusal({ src_path: 'a.mp4', dst_path: 'x' }, FIRST)).toBeUndefined();
  expect(refusal({ src_path: 'a.mkv', dst_path: 'x' })).toBeUndefined();
});

test('check 6: slashes at the ends and doubled ones go', () => {
  const body = { src_path: '//show///a.mp4', dst_path: '/x//y/' };
  expect(checkCreate(body, LAST)).toMatchObject({ srcPath: 'show/a.mp4', dstPath: 'x/y' });
});

test('both ids replace the folder when the catalogue is on', () => {
  const body = { src_path: 'a', dst_path: 'x', anime_id: '2', episode_count: '1' };
  expect(checkCreate(body, { ...LAST, ...CATALOGUE })).toMatchObject({
    dstPath: '2/MQ==',
    episode: { animeId: '2', code: 'MQ==' },
  });
  expect(checkCreate(body, LAST)).toMatchObject({ dstPath: 'x' });
});
