import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { S3Store } from '../../../coordinator/objects/minio.ts';
import { systemClock } from '../../../shared/clock.ts';
import {
  ENCODE,
  JOB_MS,
  makeFilm,
  SCRIPT,
  startFinalripGrid,
  type FinalripGrid,
} from '../../support/finalrip-grid.ts';
import { startS3, type TestS3 } from '../../support/s3.ts';

let s3: TestS3;
let store: S3Store;
let grid: FinalripGrid;
beforeAll(async () => {
  s3 = await startS3();
  store = new S3Store({ ...s3, publicUrl: s3.url, internalUrl: s3.url, clock: systemClock });
  const environment = {
    CLIPGRID_S3_ENDPOINT: s3.url,
    CLIPGRID_S3_ACCESS_KEY: s3.accessKey,
    CLIPGRID_S3_SECRET_KEY: s3.secretKey,
    CLIPGRID_S3_REGION: s3.region,
  };
  grid = await startFinalripGrid({ environment });
}, 180_000);
afterAll(async () => {
  await grid.close();
  await s3.stop();
});

const exists = async (key: string): Promise<boolean> =>
  (await store.stat({ bucket: 'finalrip', key })) !== undefined;

test(
  '7., 15. and 19. over a real S3 server: upload, job, names, URLs, clear',
  { timeout: JOB_MS },
  async () => {
    const { client } = grid;
    const key = 'Show [08] 第08話.mkv';
    const film = join(grid.folder, 'film.mkv');
    makeFilm(film, 4);
    expect((await client.presigned(key)).exist).toBe(false);
    await client.pending(key, film);
    expect((await client.presigned(key)).exist).toBe(true);
    await client.post('start', { video_key: key, script: SCRIPT, encode_param: ENCODE });
    const done = await client.completed(key, JOB_MS);

    const named: [string, string][] = [
      [done.url, key],
      [done.encode_url, `${key}-Encoded.mkv`],
      ...done.progress.map((clip): [string, string] => [
        clip.encode_url,
        `${key}-clip-encoded-${clip.index}.mkv`,
      ]),
    ];
    for (const [url, name] of named) {
      // 48 h from now on, also for a URL that was signed up to 10 minutes ago.
      const { searchParams } = new URL(url);
      expect(Number(searchParams.get('X-Amz-Expires')) - 172_800).toBeOneOf([0, 600]);
      const answer = await fetch(url);
      const disposition = answer.headers.get('content-disposition') ?? '';
      expect([answer.status, disposition]).toEqual([200, expect.stringMatching(/^attachment; filename="/)]);
      expect(disposition).toContain(`filename*=UTF-8''${encodeURIComponent(name)}`);
      await answer.arrayBuffer();
      expect(await exists(name)).toBe(true);
      // The bucket is not public.
      expect((await fetch(url.split('?')[0] ?? '')).status).toBe(403);
    }
    const clip = await fetch(done.progress[0]?.clip_url ?? '');
    expect(clip.status).toBe(200);
    const bytes = Buffer.from(await clip.arrayBuffer());
    const part = await fetch(done.progress[0]?.clip_url ?? '', { headers: { Range: 'bytes=-8' } });
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(-8));

    expect((await client.post('clear', { video_key: key })).text).toBe('{"success":true}');
    for (const [url, name] of named) {
      expect([await exists(name), (await fetch(url)).status]).toEqual([false, 404]);
    }
  },
);

test('a file that was put into the bucket by other means is taken', { timeout: JOB_MS }, async () => {
  const key = 'out of band.mkv';
  const options = { contentType: 'video/x-matroska', createOnly: false };
  await store.write({ bucket: 'finalrip', key }, Buffer.from('a film'), options);
  expect((await grid.client.post('new', { video_key: key })).text).toBe('{"success":true}');
  expect(await (await fetch((await grid.client.progress(key))?.url ?? '')).text()).toBe('a film');
});

test('an upload that was broken off leaves the name free', { timeout: JOB_MS }, async () => {
  const { url } = await grid.client.presigned('broken.mkv');
  const leave = new AbortController();
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.alloc(1024 * 1024));
    },
  });
  const put = fetch(url, { method: 'PUT', body, duplex: 'half', signal: leave.signal } as RequestInit);
  leave.abort();
  await expect(put).rejects.toThrow();
  expect((await grid.client.presigned('broken.mkv')).exist).toBe(false);
});
