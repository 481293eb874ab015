import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { presetCommand } from '../../../coordinator/dialects/openencoder/presets/preset-data.ts';
import { startOpenencoderGrid, type OpenencoderGrid } from '../../support/openencoder-grid.ts';
import { JOB_MS, openencoderJobs } from '../../support/openencoder-jobs.ts';
import { startOperatorStore, type OperatorStore } from '../../support/openencoder-store.ts';

// Not the synchronous one: the servers are in this process.
const run = promisify(execFile);
vi.setConfig({ testTimeout: JOB_MS, hookTimeout: JOB_MS });

const SECONDS = 33;
const FILM = 'src/film.mp4';
const SILENT = 'src/slow.mp4';
const BROADCAST = 'src/broadcast.mkv';

let folder: string;
let grid: OpenencoderGrid;
let store: OperatorStore;
let jobs: ReturnType<typeof openencoderJobs>;

const local = (key: string): string => join(folder, key.replaceAll('/', '-'));

async function makeFilm(
  key: string,
  rate: string,
  { sound = true, colours = false, codec = 'aac' } = {},
): Promise<void> {
  const inputs = ['-f', 'lavfi', '-i', `testsrc2=size=160x90:rate=${rate}:duration=${SECONDS}`];
  if (sound) inputs.push('-f', 'lavfi', '-i', `sine=frequency=440:duration=${SECONDS}`);
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '30', '-bf', '2'];
  const named = ['range=tv', 'color_primaries=bt709', 'color_trc=bt709', 'colorspace=bt709'].join(':');
  if (colours) video.push('-vf', `setparams=${named}`);
  await run('ffmpeg', ['-v', 'error', '-y', ...inputs, ...video, '-c:a', codec, local(key)]);
  await store.putFile(key, local(key));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipgrid-openencoder-clips-'));
  [store, grid] = await Promise.all([startOperatorStore(), startOpenencoderGrid({ agents: 2 })]);
  await makeFilm(FILM, '10', { colours: true });
  await makeFilm(SILENT, '1', { sound: false });
  await makeFilm(BROADCAST, '24000/1001', { codec: 'ac3' });
  const admin = await grid.admin();
  const token = await grid.member('olga', 'operator', admin);
  jobs = openencoderJobs({ grid, store, token, folder });
  await store.use(grid, admin);
});
afterAll(async () => {
  await grid.close();
  await store.stop();
  await rm(folder, { recursive: true, force: true });
});

/** All that is a stream's own, and not by chance: neither sizes nor tags of the programs that wrote it. */
const PARAMETERS = [
  ...['codec_name', 'codec_type', 'codec_tag_string', 'profile', 'level', 'width', 'height', 'pix_fmt'],
  ...[
    'sample_aspect_ratio',
    'color_range',
    'color_space',
    'color_transfer',
    'color_primaries',
    'field_order',
  ],
  ...['has_b_frames', 'r_frame_rate', 'avg_frame_rate', 'sample_fmt', 'sample_rate', 'channels'],
  ...['channel_layout', 'disposition'],
];

async function seen(path: string) {
  const args = [
    '-v',
    'error',
    '-of',
    'json',
    '-show_streams',
    '-show_format',
    '-show_packets',
    '-count_frames',
  ];
  const { stdout } = await run('ffprobe', [...args, path], { maxBuffer: 1 << 28 });
  const { streams, format, packets } = JSON.parse(stdout);
  const times = packets
    .filter((packet: { codec_type: string }) => packet.codec_type === 'video')
    .map((packet: { pts_time: string }) => Number(packet.pts_time))
    .toSorted((a: number, b: number) => a - b) as number[];
  return {
    streams: streams.map((stream: Record<string, unknown>) =>
      Object.fromEntries(PARAMETERS.map((name) => [name, stream[name]])),
    ),
    container: format.format_name as string,
    frames: streams.filter((one: { codec_type: string }) => one.codec_type === 'video')[0].nb_read_frames,
    durationS: Number(format.duration),
    times,
  };
}

/** The same command as one run of ffmpeg, with the common frame of every run (contract 3.5). */
async function oneRun(key: string, data: string, output: string): Promise<string> {
  const path = join(folder, `one-${output}`);
  const { argv } = presetCommand(data);
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', local(key), ...argv, '-y', path]);
  return path;
}

async function expectSame(key: string, name: string): Promise<void> {
  const [row] = await grid.query('select data, output from openencoder_presets where name = $1', [name]);
  const { data, output } = row as { data: string; output: string };
  const id = await jobs.submit({ preset: name, source: key, dest: `${name}/` });
  const last = (await jobs.until(id, 'completed', 'error')).at(-1);
  expect(last).toMatchObject({ status: 'completed', error: null, progress: 100 });
  expect(last?.clips_total).toBeGreaterThan(2);
  expect(last?.clips_done).toBe(last?.clips_total);
  const ours = await seen(await jobs.file(`${name}/${output}`));
  const one = await seen(await oneRun(key, data, output));
  expect(ours.streams).toEqual(one.streams);
  expect([ours.container, ours.frames, ours.times.length]).toEqual([
    one.container,
    one.frames,
    one.times.length,
  ]);
  expect(Math.abs(ours.durationS - one.durationS)).toBeLessThan(0.1);
  const start = (times: readonly number[]): number => times[0] ?? Number.NaN;
  expect(Math.abs(start(ours.times) - start(one.times))).toBeLessThan(0.03);
  const wrong = ours.times.findIndex(
    (time, i) =>
      !(Math.abs(time - start(ours.times) - ((one.times[i] ?? Number.NaN) - start(one.times))) < 0.0012),
  );
  expect(wrong).toBe(-1);
}

describe('a job of clips has the result of one run of ffmpeg (contract 3.1)', () => {
  it('by the shipped preset 1, with sound that the container chooses', async () => {
    await expectSame(FILM, 'h264_baseline_360p_600');
  });

  it('by the shipped preset 5, WebM', async () => {
    await expectSame(SILENT, 'webm_vp9_720p_3000');
  });

  it('by a preset of sections with filters and sound of its own, from times in milliseconds', async () => {
    const data = {
      video: {
        codec: 'libx264',
        preset: 'ultrafast',
        pass: 'crf',
        crf: 23,
        size: 'custom',
        width: 128,
        height: 72,
      },
      filter: { brightness: 0.1, contrast: 1.2, saturation: 2, gamma: 1.5 },
      audio: { codec: 'aac', channel: '2', quality: '128k', sample_rate: '44100', volume: 50 },
    };
    await jobs.preset('sections', { output: 'sections.mp4', data: JSON.stringify(data) });
    await expectSame(BROADCAST, 'sections');
  });

  it('is shared by agents, and right though one of them is killed', async () => {
    const data = '{"raw":["-vf scale=-2:720","-c:v libx264","-preset medium","-threads 1","-c:a copy"]}';
    await jobs.preset('shared', { output: 'shared.mkv', data });
    const victim = await grid.addAgentProcess('victim');
    const id = await jobs.submit({ preset: 'shared', source: FILM, dest: 'shared/' });
    const busy = (): Promise<number> =>
      grid
        .query(
          `select count(distinct agent_id)::int as n from tasks where kind = 'encode' and state = 'leased'`,
        )
        .then(([row]) => Number(row?.['n']));
    await expect.poll(busy, { timeout: JOB_MS, interval: 50 }).toBe(3);
    await victim.kill();
    const seenOf = await jobs.until(id, 'completed', 'error');
    expect(seenOf.at(-1)).toMatchObject({ status: 'completed', error: null });
    const progress = seenOf.filter(({ status }) => status === 'encoding').map((one) => one.progress);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect((await store.outbound()).filter((key) => key.startsWith('shared/'))).toEqual([
      'shared/shared.mkv',
    ]);
    const ours = await seen(await jobs.file('shared/shared.mkv'));
    const one = await seen(await oneRun(FILM, data, 'shared.mkv'));
    expect([ours.streams, ours.frames]).toEqual([one.streams, one.frames]);
    // Nothing is left of it in the grid.
    // A day later neither the film nor its index is there.
    await grid.query(`update openencoder_ended_jobs set ended_at = now() - interval '25 hours'`);
    await expect.poll(() => grid.query('select job_id from jobs'), { timeout: JOB_MS }).toEqual([]);
  });
});
