import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnimeClient, AnimeStatus } from '../../support/anime-client.ts';
import { playInBrowser } from '../../support/browser-player.ts';
import { LADDER_MS, startAnimeGrid, type AnimeGrid } from '../../support/anime-grid.ts';
import { decodedFrames, fetchMaster, fetchRendition, packetsOf } from '../../support/hls.ts';
import { requireProgram } from '../../support/tools.ts';

let grid: AnimeGrid;
let client: AnimeClient;
beforeAll(async () => {
  grid = await startAnimeGrid({ agents: 0 });
  ({ client } = grid);
});
afterAll(() => grid.close());

const KEYS = ['96p', '48p'] as const;

/** An ffmpeg that lists no encoder. */
async function withoutEncoders(): Promise<string> {
  const folder = join(grid.folder, 'no-encoders');
  const lines = [
    '#!/bin/bash',
    'case "$*" in *-encoders*) exit 0;; esac',
    `exec ${requireProgram('ffmpeg')} "$@"`,
  ];
  await mkdir(folder);
  await writeFile(join(folder, 'ffmpeg'), `${lines.join('\n')}\n`, { mode: 0o755 });
  return folder;
}

function sizeOf(file: string): string {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-of', 'csv=p=0', '-show_entries'];
  const text = execFileSync('ffprobe', [...args, 'stream=width,height,sample_aspect_ratio', file]).toString();
  // A transport stream's are told once more, with its program.
  return text.split('\n')[0] ?? '';
}

describe('a clip of 12 s, 24 fps', { timeout: LADDER_MS }, () => {
  const seen: AnimeStatus[] = [];
  let taskId = '';

  it('check 9: each key goes from PENDING by STARTED to SUCCESS', async () => {
    await grid.source('show/s1 #1.mp4', { seconds: 12 });
    taskId = await client.create({ src_path: '/show/s1 #1.mp4', dst_path: '/x//y/' });
    seen.push(await client.status(taskId));
    // It can index and no more, so that the plan is there before anybody encodes.
    grid.addAgent({ tools: await withoutEncoders() });
    seen.push(await client.until(taskId, ({ status }) => KEYS.every((key) => key in status)));
    grid.addAgent();
    await client.until(taskId, (now) => {
      seen.push(now);
      return now.success;
    });
    expect(seen[0]).toMatchObject({ status: {}, success: false });
    for (const key of KEYS) {
      const states = seen.flatMap(({ status }) => status[key] ?? []);
      const changes = states.filter((state, i) => state !== states[i - 1]);
      expect(changes).toEqual(['PENDING', 'STARTED', 'SUCCESS']);
    }
    for (const now of seen) {
      const states = Object.values(now.status);
      expect(now.success).toBe(states.length > 0 && states.every((state) => state === 'SUCCESS'));
      expect(Object.keys(now.result)).toEqual(KEYS.filter((key) => now.status[key] === 'SUCCESS'));
    }
    expect(seen.at(-1)?.result['96p']).toMatchObject({
      status: 'SUCCESS',
      playlist_path: 'x/y/playlist_h264_96p_uspp.m3u8',
      resolution: '96',
      paraent_task_id: taskId,
      log: expect.stringMatching(/^filter=gradfun,scale size=170x96/),
    });
    expect(seen.at(-1)).toMatchObject({ progress: { '96p': 1, '48p': 1 }, master_path: 'x/y/playlist.m3u8' });
  });

  it('check 10: names, entries, bytes and the master', async () => {
    const variants = await fetchMaster(grid.url, 'x/y/playlist.m3u8');
    expect(variants.map(({ uri, size }) => [uri, size])).toEqual([
      ['playlist_h264_96p_uspp.m3u8', '170x96'],
      ['playlist_h264_48p_uspp.m3u8', '86x48'],
    ]);
    for (const variant of variants) {
      expect(variant.codecs).toMatch(/^avc1\.[0-9a-f]{6},mp4a\.40\.2$/i);
      expect(variant.frameRate).toBe(24);
      expect(variant.bandwidth).toBeGreaterThanOrEqual(variant.averageBandwidth ?? Infinity);
      const rendition = await fetchRendition(grid.url, `x/y/${variant.uri}`);
      const suffix = variant.uri.replace('playlist_', '').replace('.m3u8', '.ts');
      expect(rendition.paths).toEqual([0, 1, 2].map((i) => `/x/y/output000${i}_${suffix}`));
      expect(rendition.durations.map((duration) => duration.toFixed(2))).toEqual(['5.00', '5.00', '2.00']);
      expect(rendition.text).toContain('#EXT-X-TARGETDURATION:5\n');
      // Each begins with a keyframe, so that players may switch at every border.
      for (const file of rendition.files) expect(packetsOf(file, 'v')[0]?.isKey).toBe(true);
      expect(await decodedFrames(`${grid.url}/x/y/${variant.uri}`)).toBe(12 * 24);
    }
  });

  it('check 10: both renditions begin their segments at the same times', async () => {
    const starts = await Promise.all(
      KEYS.map(async (key) => {
        const { files } = await fetchRendition(grid.url, `x/y/playlist_h264_${key}_uspp.m3u8`);
        return files.map((file) => packetsOf(file, 'v')[0]?.pts);
      }),
    );
    expect(starts[0]).toEqual(starts[1]);
  });

  it('check 10: ranges, conditions, caches and other origins', async () => {
    const segment = `${grid.url}/x/y/output0000_h264_96p_uspp.ts`;
    const whole = await fetch(segment);
    const bytes = Buffer.from(await whole.arrayBuffer());
    const etag = whole.headers.get('etag') ?? '';
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'video/mp2t',
      'cache-control': 'max-age=31536000, immutable',
      'access-control-allow-origin': '*',
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
    });
    const part = await fetch(segment, { headers: { Range: 'bytes=188-375' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 188-375/${bytes.length}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(188, 376));
    expect((await fetch(segment, { headers: { Range: `bytes=${bytes.length}-` } })).status).toBe(416);
    expect((await fetch(segment, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    const stale = { Range: 'bytes=0-1', 'If-Range': '"other"' };
    expect((await fetch(segment, { headers: stale })).status).toBe(200);
    const head = await fetch(segment, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
    const master = await fetch(`${grid.url}/x/y/playlist.m3u8`, { headers: { Range: 'bytes=0-6' } });
    expect([master.status, await master.text()]).toEqual([206, '#EXTM3U']);
    expect(master.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
    expect(master.headers.get('cache-control')).toBe('no-cache');
    expect((await fetch(segment, { method: 'OPTIONS' })).headers.get('access-control-allow-methods')).toBe(
      'GET, HEAD',
    );
    expect((await fetch(`${grid.mainUrl}/x/y/playlist.m3u8`)).status).toBe(200);
  });

  it('check 10: a browser plays it and switches level both ways', async () => {
    const played = await playInBrowser(`${grid.url}/x/y/playlist.m3u8`);
    expect(played).toMatchObject({ levels: [48, 96], errors: [] });
    expect(played.switches).toEqual([0, 1, 0, 1]);
    expect(played.playedS).toBeGreaterThan(11.5);
  });

  it('check 6: the same folder, however its slashes are written', async () => {
    await grid.source('short.mp4', { seconds: 1 });
    await client.succeeded(await client.create({ src_path: 'short.mp4', dst_path: 'x/y', ladder: ['24p'] }));
    const variants = await fetchMaster(grid.url, 'x/y/playlist.m3u8');
    expect(variants.map(({ size }) => size)).toEqual(['170x96', '86x48', '42x24']);
  });
});

it('check 5: what FFmpeg reads is transcoded by the last edition', { timeout: LADDER_MS }, async () => {
  await grid.source('a.mkv', { seconds: 1 });
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-i',
    `${grid.sources}/a.mkv`,
    '-c',
    'copy',
    '-f',
    'mp4',
    `${grid.sources}/A.MP4`,
  ]);
  const ids = await Promise.all(
    ['a.mkv', 'A.MP4'].map((src_path) => client.create({ src_path, dst_path: src_path, ladder: ['48p'] })),
  );
  for (const id of ids) await client.succeeded(id);
});

describe('check 11: an odd source', { timeout: LADDER_MS }, () => {
  it('853x480 makes even sizes; sound runs on over the borders', async () => {
    const sound = ['-c:a', 'libmp3lame', '-ar', '44100'];
    await grid.source('odd.mkv', {
      seconds: 11,
      size: '853x480',
      rate: 10,
      sound: [...sound, '-pix_fmt', 'yuv444p'],
    });
    const now = await client.succeeded(await client.create({ src_path: 'odd.mkv', dst_path: 'odd' }));
    expect(Object.keys(now.status)).toEqual(KEYS);
    for (const [key, size] of [
      ['96p', '170,96'],
      ['48p', '86,48'],
    ] as const) {
      const { files } = await fetchRendition(grid.url, `odd/playlist_h264_${key}_uspp.m3u8`);
      expect(files).toHaveLength(3);
      expect(sizeOf(files[0]!)).toBe(`${size},1:1`);
      const sounds = files.flatMap((file) => packetsOf(file, 'a').map((packet) => packet.pts));
      const frame = 1024 / 44_100;
      for (const [i, pts] of sounds.entries()) {
        if (i === 0) continue;
        const step = pts - sounds[i - 1]!;
        expect(Math.abs(step - frame)).toBeLessThan(frame);
      }
      expect(sounds.length * frame).toBeCloseTo(11, 0);
    }
  });

  it('a film without sound, never upscaled, keeps one rendition of its size', async () => {
    await grid.source('silent.mp4', { seconds: 1, size: '64x32', sound: [] });
    const now = await client.succeeded(
      await client.create({ src_path: 'silent.mp4', dst_path: 'silent', upscale: 'never' }),
    );
    expect(now.status).toEqual({ '48p': 'SUCCESS' });
    const [variant] = await fetchMaster(grid.url, 'silent/playlist.m3u8');
    expect([variant?.size, variant?.codecs]).toEqual([
      '64x32',
      expect.stringMatching(/^avc1\.[0-9a-f]{6}$/i),
    ]);
  });

  it('what is no film fails with the reason in each log', async () => {
    execFileSync('cp', ['package.json', `${grid.sources}/text.mp4`]);
    const now = await client.ended(await client.create({ src_path: 'text.mp4', dst_path: 'text' }));
    expect(now.status).toEqual({ '96p': 'FAILURE', '48p': 'FAILURE' });
    expect(now.result['48p']?.['log']).toContain('text.mp4');
    expect((await fetch(`${grid.url}/text/playlist.m3u8`)).status).toBe(404);
  });
});
