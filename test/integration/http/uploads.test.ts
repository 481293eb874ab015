import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient } from '../../support/api-client.ts';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';

const MIB = 1024 * 1024;
const PART_BYTES = 16 * MIB;

let coordinator: TestCoordinator;
let api: ApiClient;
beforeAll(async () => {
  coordinator = await startTestCoordinator({ times: { collectEveryMs: 100 } });
  api = new ApiClient(coordinator.url);
});
afterAll(() => coordinator.close());

async function create(sizeBytes?: number) {
  const size = sizeBytes === undefined ? {} : { size_bytes: sizeBytes };
  return api.ok('CreatedUpload', 'POST /uploads', { body: { name: 'film.mkv', ...size } });
}

async function put(url: string, body: Uint8Array<ArrayBuffer>): Promise<number> {
  return (await fetch(url, { method: 'PUT', body })).status;
}

/** Signs the parts and returns their URLs by number. */
async function sign(id: string, parts: readonly number[]): Promise<Map<number, string>> {
  const { part_bytes: partBytes, urls } = await api.ok('SignedParts', `POST /uploads/${id}/parts`, {
    body: { parts },
  });
  expect(partBytes).toBe(PART_BYTES);
  return new Map(parts.map((part, i) => [part, urls[i] ?? '']));
}

/** MD5 of what the store holds, as a job's source would read it. */
async function storedMd5(id: string): Promise<string> {
  const job = await api.ok('SubmittedJob', 'POST /jobs', {
    body: { upload_id: id, encode: 'ffmpeg -i - -c:v libx264' },
  });
  await api.ok('Job', `POST /jobs/${job.job_id}/cancel`);
  const { rows } = await coordinator.pool.query<{ key: string }>(
    `select spec->'source'->>'key' as key from jobs where job_id = $1`,
    [job.job_id],
  );
  expect(rows[0]?.key).toBe(`sources/${id}`);
  const { readdir, readFile } = await import('node:fs/promises');
  const folder = `${coordinator.folder}/objects/objects`;
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.json')) continue;
    const entry = JSON.parse(await readFile(`${folder}/${name}`, 'utf8')) as { key: string; md5: string };
    if (entry.key === rows[0]?.key) return entry.md5;
  }
  throw new Error('the object is not there');
}

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

describe('one signed URL', () => {
  test('takes the announced bytes once, and tells what it has', async () => {
    const bytes = randomBytes(3 * MIB);
    const id = await api.upload(bytes);
    const upload = await api.ok('Upload', `GET /uploads/${id}`);
    expect(upload).toMatchObject({ state: 'complete', size_bytes: 3 * MIB, name: 'film.mkv' });
    expect(await storedMd5(id)).toBe(md5(bytes));
    const { uploads } = await api.ok('UploadList', 'GET /uploads');
    expect(uploads[0]?.upload_id).toBe(id);
  });

  test('completing again answers the same; new URLs are refused', async () => {
    const id = await api.upload(randomBytes(10));
    expect(await api.ok('Upload', `POST /uploads/${id}/complete`)).toMatchObject({ state: 'complete' });
    const refused = await api.refused(`POST /uploads/${id}/parts`, { body: { parts: [1] } });
    expect(refused).toMatchObject({ status: 409, code: 'failed_precondition' });
    expect(refused.detail).toContain('is complete: start a new one');
  });

  test('refuses more, fewer and other bytes than announced, and takes the right ones after that', async () => {
    const { upload_id: id, url } = await create(10);
    expect(await put(url, randomBytes(11))).toBe(400);
    expect(await put(url, randomBytes(9))).toBe(400);
    const early = await api.refused(`POST /uploads/${id}/complete`);
    expect(early).toMatchObject({ status: 409, errors: [{ field: 'upload_id', value: id }] });
    expect(early.detail).toContain('has no bytes yet: PUT the file to its URL first');
    expect(await put(url, randomBytes(10))).toBe(200);
    expect(await put(url, randomBytes(10))).toBe(412);
    await api.ok('Upload', `POST /uploads/${id}/complete`);
  });

  test('an empty file is no upload', async () => {
    const { upload_id: id, url } = await create();
    expect(await put(url, new Uint8Array())).toBe(200);
    const refused = await api.refused(`POST /uploads/${id}/complete`);
    expect(refused.detail).toContain('has no bytes yet');
  });

  test('a changed URL is refused', async () => {
    const { url } = await create();
    expect(await put(`${url.slice(0, -2)}AA`, randomBytes(10))).toBe(403);
    expect((await fetch(url)).status).toBe(403);
  });
});

describe('parts', () => {
  test('arrive in any order, one twice, and make the file', async () => {
    const bytes = randomBytes(2 * PART_BYTES + 5);
    const { upload_id: id } = await create(bytes.length);
    const part = (number: number): Uint8Array<ArrayBuffer> =>
      bytes.subarray((number - 1) * PART_BYTES, number * PART_BYTES);
    const urls = await sign(id, [3, 1, 2]);
    expect(await put(urls.get(3) ?? '', part(3))).toBe(200);
    expect(await put(urls.get(1) ?? '', randomBytes(PART_BYTES))).toBe(200);
    expect(await put(urls.get(2) ?? '', part(2))).toBe(200);
    expect(await put(urls.get(1) ?? '', part(1))).toBe(200);
    expect(await api.ok('Upload', `POST /uploads/${id}/complete`)).toMatchObject({
      state: 'complete',
      size_bytes: bytes.length,
    });
    expect(await storedMd5(id)).toBe(md5(bytes));
  });

  test('a missing part is named, and only that is to be sent: a client that died goes on', async () => {
    const bytes = randomBytes(2 * PART_BYTES + 5);
    const { upload_id: id } = await create(bytes.length);
    const first = await sign(id, [1, 2, 3]);
    await put(first.get(1) ?? '', bytes.subarray(0, PART_BYTES));
    await put(first.get(3) ?? '', bytes.subarray(2 * PART_BYTES));
    const refused = await api.refused(`POST /uploads/${id}/complete`);
    expect(refused).toMatchObject({ status: 409, errors: [{ field: 'parts', value: 2 }] });
    expect(refused.detail).toContain('part 2 is missing: PUT it, then complete the upload again');

    // Another client, which knows the upload's id and nothing else.
    const { parts, part_bytes: partBytes } = await api.ok('PartList', `GET /uploads/${id}/parts`);
    expect(parts.map(({ part, size_bytes: size }) => [part, size])).toEqual([
      [1, partBytes],
      [3, 5],
    ]);
    expect(parts[1]?.etag).toBe(md5(bytes.subarray(2 * PART_BYTES)));
    const again = await sign(id, [2]);
    await put(again.get(2) ?? '', bytes.subarray(PART_BYTES, 2 * PART_BYTES));
    await api.ok('Upload', `POST /uploads/${id}/complete`);
    expect(await storedMd5(id)).toBe(md5(bytes));
  });

  test('a truncated part and a missing last part are named', async () => {
    const { upload_id: id } = await create(PART_BYTES + 5);
    const urls = await sign(id, [1, 2]);
    await put(urls.get(1) ?? '', randomBytes(100));
    await put(urls.get(2) ?? '', randomBytes(5));
    expect((await api.refused(`POST /uploads/${id}/complete`)).detail).toContain(
      'part 1 has 100 bytes, each but the last has 16777216: PUT it again',
    );
    await put(urls.get(1) ?? '', randomBytes(PART_BYTES));
    await put(urls.get(2) ?? '', randomBytes(4));
    expect((await api.refused(`POST /uploads/${id}/complete`)).detail).toContain(
      `have ${PART_BYTES + 4} bytes, ${PART_BYTES + 5} were announced: parts are missing, or the last is truncated`,
    );
  });

  test('several that start and complete it at once make one file', async () => {
    const bytes = randomBytes(1000);
    const { upload_id: id } = await create(bytes.length);
    const signed = await Promise.all([sign(id, [1]), sign(id, [1]), sign(id, [1])]);
    await put(signed[0]?.get(1) ?? '', bytes);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => api.ok('Upload', `POST /uploads/${id}/complete`)),
    );
    expect(answers.map((answer) => answer.state)).toEqual(Array(4).fill('complete'));
    expect(await storedMd5(id)).toBe(md5(bytes));
  });

  test('no part at all', async () => {
    const { upload_id: id } = await create();
    await sign(id, [1]);
    expect((await api.refused(`POST /uploads/${id}/complete`)).detail).toContain('no part has arrived');
  });
});

test('a removed upload is gone, and its URL with it', async () => {
  const id = await api.upload(randomBytes(10));
  const open = await create();
  await sign(open.upload_id, [1]);
  for (const one of [id, open.upload_id]) {
    expect((await api.send('DELETE', `/uploads/${one}`)).status).toBe(204);
    expect((await api.refused(`GET /uploads/${one}`)).status).toBe(404);
    expect((await api.refused(`DELETE /uploads/${one}`)).status).toBe(404);
  }
});

test('an upload that a job reads is not removed', async () => {
  const id = await api.upload(randomBytes(10));
  const job = await api.ok('SubmittedJob', 'POST /jobs', {
    body: { upload_id: id, encode: 'ffmpeg -i - -c:v libx264' },
  });
  const refused = await api.refused(`DELETE /uploads/${id}`);
  expect(refused).toMatchObject({ status: 409, errors: [{ field: 'upload_id', value: id }] });
  expect(refused.detail).toContain(`is read by job ${job.job_id}: cancel that first, or wait for its end`);
  await api.ok('Job', `POST /jobs/${job.job_id}/cancel`);
  expect((await api.send('DELETE', `/uploads/${id}`)).status).toBe(204);
});

test('a job needs a complete upload', async () => {
  const { upload_id: id } = await create();
  const refused = await api.refused('POST /jobs', { body: { upload_id: id, encode: 'ffmpeg -i -' } });
  expect(refused).toMatchObject({
    status: 409,
    code: 'failed_precondition',
    errors: [{ field: 'upload_id', value: id }],
  });
});
