import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { MediaSpec } from '../../../coordinator/domain/job.ts';
import { collect } from '../../../coordinator/grid/collector.ts';
import { postgresGarbageStore } from '../../../coordinator/store/postgres/garbage-store.ts';
import { splitCommand } from '../../../shared/command-words.ts';
import { shortFilm } from '../../media/short-film.ts';
import { silentFilm, textFilm } from '../../support/films.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

/** A killed agent's task is somebody else's soon. */
const SETTINGS = { heartbeatMs: 150, leaseTtlMs: 3_000, trustMarginMs: 500, graceMs: 150, pollMs: 100 };
const FRAMES = 50;

const folder = mkdtempSync(join(tmpdir(), 'clipgrid-media-jobs-'));
let running: RunningGrid;
beforeAll(async () => {
  running = await startRunningGrid({
    agents: 2,
    light: true,
    settings: SETTINGS,
    log: process.env['TEST_LOG'] ?? 'silent',
  });
});
afterAll(() => running.close());

/** Runs of ffmpeg on the source, each given as what surrounds the input. */
function commandOf(...passes: readonly string[]): MediaSpec['command'] {
  const programs = passes.map((pass) => splitCommand(`ffmpeg -loglevel error ${pass}`)[0] ?? []);
  return { text: passes.join(' && '), programs, outputName: programs.at(-1)?.at(-1) ?? '' };
}

async function submit(source: MediaSpec['source'], ...passes: readonly string[]): Promise<string> {
  const spec: MediaSpec = { shape: 'media', source, command: commandOf(...passes) };
  const input = { ownerId: 'me', dialect: 'grid', name: 'film.mkv', priority: 0, spec };
  return (await running.grid.jobs.submit(input)).jobId;
}

async function succeeded(jobId: string) {
  const job = await running.ended(jobId);
  expect(job.failure).toBeUndefined();
  expect(job).toMatchObject({ state: 'succeeded', framesDone: FRAMES, framesTotal: FRAMES, clipsDone: 1 });
  const files = await running.grid.jobs.files(jobId);
  return { job, files, names: files.map(({ name }) => name) };
}

interface Stream {
  readonly codec_name: string;
  readonly width?: number;
  readonly nb_read_packets: string;
}

function streamsOf(path: string): Stream[] {
  const args = ['-v', 'error', '-of', 'json', '-show_streams', '-count_packets', path];
  return (JSON.parse(execFileSync('ffprobe', args).toString()) as { streams: Stream[] }).streams;
}

const X264 = '-i CLIPGRID_SOURCE -c:v libx264 -preset ultrafast';

test('a preset on the whole film: probed, encoded, one file that is the result and is never collected', async () => {
  const jobId = await submit(await running.putSource(shortFilm()), `${X264} -vf scale=-2:90 -y o.mp4`);
  const { job, files, names } = await succeeded(jobId);
  expect(names).toEqual(['file/o.mp4']);
  expect(job.result).toEqual(files[0]);
  const path = join(folder, 'o.mp4');
  await pipeline(await running.grid.jobs.readResult(jobId), createWriteStream(path));
  expect(streamsOf(path).map((one) => [one.codec_name, one.nb_read_packets])).toContainEqual(['h264', '50']);
  expect(await running.grid.jobs.resultUrl(jobId, 60)).toContain('http');

  const probe = await running.grid.jobs.outcome(jobId, 'probe');
  expect(probe?.kind).toMatchObject({ $case: 'probe', value: { hasVideo: true, frameCount: FRAMES } });
  const media = await running.grid.jobs.outcome(jobId, 'media');
  expect(media?.kind).toMatchObject({ $case: 'media', value: { frameCount: FRAMES } });
  expect(await running.grid.jobs.outcome(jobId, 'merge')).toBeUndefined();
  const tasks = await running.grid.jobs.tasks(jobId);
  expect(tasks.map(({ kind, state }) => [kind, state])).toEqual([
    ['probe', 'succeeded'],
    ['media', 'succeeded'],
  ]);

  const { objects, db, settings } = running;
  const collectNow = {
    bucket: settings.bucket,
    collectAfterMs: 0,
    collectFailedAfterMs: 0,
    uploadExpiryMs: 1e9,
    previewsKeptMs: 1e9,
  };
  await collect({ garbage: postgresGarbageStore(db), objects, settings: collectNow });
  expect(await objects.stat(files[0]!)).toBeDefined();
  await running.grid.jobs.remove(jobId);
  await collect({ garbage: postgresGarbageStore(db), objects, settings: collectNow });
  expect(await objects.stat(files[0]!)).toBeUndefined();
});

test('a command of many files: all of them, by name', async () => {
  const words = '-g 5 -an -f hls -hls_time 0.2 -hls_list_size 0 -hls_segment_filename s%02d.ts o.m3u8';
  const jobId = await submit(await running.putSource(shortFilm()), `${X264} ${words}`);
  const { job, files, names } = await succeeded(jobId);
  expect(names).toEqual(['file/o.m3u8', ...Array.from({ length: 10 }, (_, number) => `file/s0${number}.ts`)]);
  expect(job.result?.name).toBe('file/o.m3u8');
  const signed = await running.grid.jobs.signedFiles(jobId, 60);
  expect(signed.map(({ artifact }) => artifact)).toEqual(files);
  for (const { name, url } of signed)
    writeFileSync(join(folder, name), Buffer.from(await (await fetch(url)).arrayBuffer()));
  expect(readFileSync(join(folder, 'o.m3u8'), 'utf8').match(/s\d\d\.ts/g)).toHaveLength(10);
  expect(streamsOf(join(folder, 'o.m3u8')).map((one) => one.nb_read_packets)).toEqual(['50']);
});

test('two passes are one task, whose second pass knows what the first one saw', async () => {
  const pass = (number: number): string => `${X264} -b:v 100k -an -pass ${number}`;
  const source = await running.putSource(shortFilm());
  const { names } = await succeeded(await submit(source, `${pass(1)} -f null -`, `${pass(2)} -y o.mp4`));
  expect(names).toEqual(['file/o.mp4']);
});

async function failed(jobId: string) {
  const job = await running.ended(jobId);
  expect(job.state).toBe('failed');
  const tasks = await running.grid.jobs.tasks(jobId);
  return { failure: job.failure, attempts: tasks.map(({ kind, attempts }) => `${kind} ${attempts}`) };
}

test('a wrong word in the command ends the job at its first attempt, with what ffmpeg says', async () => {
  const source = await running.putSource(shortFilm());
  const option = await failed(await submit(source, `${X264} -nonsense 1 -y o.mp4`));
  expect(option.failure).toMatchObject({ code: 'encoder_failed', stage: 'media' });
  expect(option.failure?.message).toContain("Unrecognized option 'nonsense'");
  expect(option.attempts).toEqual(['probe 1', 'media 1']);
  const encoder = await failed(await submit(source, '-i CLIPGRID_SOURCE -c:v libnonsense -y o.mp4'));
  expect(encoder.failure?.message).toContain("Unknown encoder 'libnonsense'");
  expect(encoder.attempts).toEqual(['probe 1', 'media 1']);
  await expect(submit(source, '-i CLIPGRID_SOURCE -i /etc/passwd -y o.mp4')).rejects.toMatchObject({
    code: 'invalid_argument',
  });
});

test('a source that is no film, or is gone, ends the job at its first attempt', async () => {
  const garbage = await failed(await submit(await running.putSource(textFilm(folder)), `${X264} -y o.mp4`));
  expect(garbage).toMatchObject({
    failure: { code: 'source_unreadable', stage: 'probe' },
    attempts: ['probe 1'],
  });
  const source = await running.putSource(shortFilm());
  await expect(submit({ ...source, key: 'sources/nowhere' }, `${X264} -y o.mp4`)).rejects.toMatchObject({
    code: 'source_missing',
  });
});

/** As long as it lasts: `-re` reads a film no faster than it plays. */
const SLOW = '-re -i CLIPGRID_SOURCE -c:v libx264 -preset ultrafast -an -y o.mp4';

/** Resolves to the running media task once it encodes, in the middle. */
async function encoding(jobId: string) {
  return vi.waitFor(
    async () => {
      const task = (await running.grid.jobs.tasks(jobId)).find(({ kind }) => kind === 'media');
      expect(task).toMatchObject({ state: 'leased', phase: 'encode' });
      expect(task?.framesDone).toBeGreaterThan(0);
      return task!;
    },
    { timeout: 20_000, interval: 50 },
  );
}

/** Whether any ffmpeg works on a source below the grid's folder. */
function encoders(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return line.includes('-progress') && line.includes('o.mp4') && line.includes('-re');
    } catch {
      return false;
    }
  });
}

test(
  'an agent that dies in the middle: another one does it, and there is one result',
  { timeout: 40_000 },
  async () => {
    const jobId = await submit(await running.putSource(silentFilm(folder, 3)), SLOW);
    const task = await encoding(jobId);
    const job = await running.grid.jobs.get(jobId);
    expect(job).toMatchObject({ state: 'encoding', phase: 'encode' });
    running.agents[Number(task.agentName?.slice(-1))]?.quit.abort();
    const ended = await running.ended(jobId);
    expect(ended.state).toBe('succeeded');
    const [file, ...more] = await running.grid.jobs.files(jobId);
    expect(more).toEqual([]);
    expect(file?.key).toMatch(/-2\/[0-9a-f]{64}$/);
    const media = await running.grid.jobs.outcome(jobId, 'media');
    expect(media?.kind).toMatchObject({ value: { frameCount: 75 } });
    running.addAgent();
  },
);

test('a cancelled job: ffmpeg is gone and nothing is left', { timeout: 40_000 }, async () => {
  const jobId = await submit(await running.putSource(silentFilm(folder, 20)), SLOW);
  await encoding(jobId);
  expect(encoders().length).toBeGreaterThan(0);
  expect((await running.grid.jobs.cancel(jobId)).state).toBe('cancelled');
  await vi.waitFor(() => expect(encoders()).toEqual([]), { timeout: 2_000, interval: 20 });
  expect(await running.grid.jobs.files(jobId)).toEqual([]);
  expect((await running.grid.jobs.get(jobId)).state).toBe('cancelled');
});
