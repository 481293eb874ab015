import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FinalripClient, TaskData } from '../../support/finalrip-client.ts';
import {
  ENCODE,
  JOB_MS,
  makeFilm,
  SCRIPT,
  startFinalripGrid,
  type FinalripGrid,
} from '../../support/finalrip-grid.ts';

let grid: FinalripGrid;
let client: FinalripClient;
let film: string;
beforeAll(async () => {
  grid = await startFinalripGrid();
  ({ client } = grid);
  film = join(grid.folder, 'film.mkv');
  makeFilm(film, 5);
});
afterAll(() => grid.close());

async function run(video_key: string, encode_param: string, script = SCRIPT): Promise<TaskData> {
  await client.pending(video_key, film);
  const started = await client.post('start', { video_key, encode_param, script });
  expect(started.text).toBe('{"success":true}');
  return client.completed(video_key, JOB_MS);
}

interface Download {
  readonly disposition: string;
  readonly path: string;
}

async function download(url: string): Promise<Download> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  const path = join(grid.folder, 'download.mkv');
  await writeFile(path, Buffer.from(await answer.arrayBuffer()));
  return { disposition: answer.headers.get('content-disposition') ?? '', path };
}

function streams(path: string): string[] {
  const args = ['-v', 'error', '-count_packets', '-of', 'csv=p=0'];
  const entries = ['-show_entries', 'stream=codec_type,codec_name,nb_read_packets'];
  return execFileSync('ffprobe', [...args, ...entries, path])
    .toString()
    .trim()
    .split('\n');
}

test('10. FinalRip’s own default command runs to a playable result', { timeout: JOB_MS }, async () => {
  const param = 'ffmpeg -i - -vcodec libx265 -crf 16';
  const done = await run('ten.mkv', param);
  expect([done.encode_param, done.encode_key]).toEqual([param, 'ten.mkv-Encoded.mkv']);
  const { path } = await download(done.encode_url);
  expect(streams(path)[0]).toBe('hevc,video,125');
  execFileSync('ffmpeg', ['-v', 'error', '-xerror', '-i', path, '-f', 'null', '-']);
});

test.each([
  ['x265', 'x265 --y4m --preset superfast -o FINALRIP_ENCODED_CLIP.mkv -', 'hevc,video,125'],
  [
    'quoted',
    '/static-ffmpeg/ffmpeg -i - -c:v libx265 -preset ultrafast -x265-params "aq-mode=1:no-sao=1" FINALRIP_ENCODED_CLIP.mkv',
    'hevc,video,125',
  ],
])('11. a command of the kind that people use: %s', { timeout: JOB_MS }, async (name, param, video) => {
  const done = await run(`eleven ${name}.mkv`, param);
  expect(done.encode_param).toBe(param);
  const { path } = await download(done.encode_url);
  expect(streams(path)[0]).toBe(video);
});

const TEXTS = [
  'key',
  'url',
  'size',
  'encode_key',
  'encode_url',
  'encode_size',
  'encode_param',
  'script',
  'status',
  'create_at',
];
const CLIP_TEXTS = ['clip_key', 'clip_url', 'encode_key', 'encode_url'];

/** Section 2.7: every key there, each of its type, never null; clips ascending and complete or not at all. */
function checkShape(data: TaskData): void {
  const fields = data as unknown as Record<string, unknown>;
  for (const name of TEXTS) expect([name, typeof fields[name]]).toEqual([name, 'string']);
  expect(['pending', 'running', 'completed']).toContain(data.status);
  expect(data.progress.map((clip) => clip.index)).toEqual(data.progress.map((_, i) => i));
  for (const clip of data.progress) {
    const values = clip as unknown as Record<string, unknown>;
    for (const name of CLIP_TEXTS) expect([name, typeof values[name]]).toEqual([name, 'string']);
    expect(clip.completed).toBe(clip.encode_key !== '');
    expect(clip.clip_key).toBe(`${data.key}-clip-${clip.index}.mkv`);
    expect(clip.clip_url).not.toBe('');
  }
}

test('13. progress through a whole job', { timeout: JOB_MS }, async () => {
  const video_key = 'thirteen.mkv';
  await client.pending(video_key, film);
  const seen: TaskData[] = [];
  const look = (data: TaskData): boolean => {
    checkShape(data);
    seen.push(data);
    return data.status === 'completed';
  };
  const pending = await client.until(video_key, (data) => look(data) || true);
  expect(pending).toMatchObject({
    status: 'pending',
    encode_param: '',
    script: '',
    encode_key: '',
    progress: [],
  });
  expect(pending.size).toMatch(/^\d+ KiB$/);
  await client.post('start', { video_key, encode_param: ENCODE, script: SCRIPT });
  await client.until(video_key, look, JOB_MS);
  const statuses = seen.map((data) => data.status);
  const ranks = statuses.map((status) => ['pending', 'running', 'completed'].indexOf(status));
  expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  expect(new Set(statuses)).toEqual(new Set(['pending', 'running', 'completed']));
  const clips = new Set(seen.map((data) => data.progress.length));
  expect([...clips]).toEqual([0, 3]);
  for (const { encode_key, encode_url, encode_size, status } of seen) {
    expect([encode_key, encode_url, encode_size].map((text) => text !== '')).toEqual(
      Array.from({ length: 3 }, () => status === 'completed'),
    );
  }
});

test('15. names and URLs of a finished job', { timeout: JOB_MS }, async () => {
  const key = 'Show 第08話 [1080p] & "more".mkv';
  const done = await run(key, ENCODE);
  const expected: [string, string][] = [
    [done.url, key],
    [done.encode_url, `${key}-Encoded.mkv`],
    ...done.progress.flatMap((clip): [string, string][] => [
      [clip.encode_url, `${key}-clip-encoded-${clip.index}.mkv`],
      [clip.clip_url, `${key}-clip-${clip.index}.mkv`],
    ]),
  ];
  expect(done.encode_key).toBe(`${key}-Encoded.mkv`);
  expect(done.progress.map((clip) => clip.encode_key)).toEqual(
    done.progress.map((clip) => `${key}-clip-encoded-${clip.index}.mkv`),
  );
  for (const [url, name] of expected) {
    const { disposition } = await download(url);
    const exact = /filename\*=UTF-8''(\S+)$/.exec(disposition)?.[1] ?? '';
    expect([decodeURIComponent(exact), disposition.startsWith('attachment; filename="Show ')]).toEqual([
      name,
      true,
    ]);
  }
  // Whoever reads the bucket itself finds the same names.
  const names = [key, done.encode_key, ...done.progress.map((clip) => clip.encode_key)];
  expect(await grid.objectsNamed(names)).toEqual(names);
});

test(
  '15. a clip is Matroska with the first video stream only, in whole and in ranges',
  { timeout: JOB_MS },
  async () => {
    const done = await run('fifteen.mkv', ENCODE);
    const frames = await Promise.all(
      done.progress.map(async (clip) => {
        const whole = Buffer.from(await (await fetch(clip.clip_url)).arrayBuffer());
        const part = await fetch(clip.clip_url, { headers: { Range: 'bytes=4-11' } });
        expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 4-11/${whole.length}`]);
        expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(4, 12));
        const path = join(grid.folder, `clip-${clip.index}.mkv`);
        await writeFile(path, whole);
        const [video, ...others] = streams(path);
        expect(others).toEqual([]);
        return Number(video?.split(',')[2]);
      }),
    );
    expect(frames.every((count) => count > 0)).toBe(true);
    const head = await fetch(done.progress[0]?.clip_url ?? '', { method: 'HEAD' });
    expect([head.status, head.headers.get('accept-ranges')]).toEqual([200, 'bytes']);
    await client.post('clear', { video_key: 'fifteen.mkv' });
    expect((await fetch(done.progress[0]?.clip_url ?? '')).status).toBe(404);
  },
);
