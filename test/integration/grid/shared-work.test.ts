import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FilmSpec, JobSpec } from '../../../coordinator/domain/job.ts';
import { plainFilm } from '../../support/films.ts';
import { FORCED, intervalJob } from '../../support/interval-clips.ts';
import { lightFfmpeg } from '../../support/light-tools.ts';
import { allPackets } from '../../support/probe.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

const SECONDS = 8;
let running: RunningGrid;
beforeAll(async () => {
  running = await startRunningGrid({ agents: 1, light: true });
}, 120_000);
afterAll(() => running.close());

/** From now on the agent's own ffmpegs are written down; those in a sandbox cannot be. */
function logged(): () => string[] {
  const [ffmpeg, log] = [lightFfmpeg(running.folder), join(running.folder, 'ran')];
  const [first = '', ...rest] = readFileSync(ffmpeg, 'utf8').split('\n');
  writeFileSync(ffmpeg, [first, `echo "$*" 2> /dev/null >> '${log}'`, ...rest].join('\n'));
  return () => readFileSync(log, 'utf8').split('\n');
}

const submit = (name: string, spec: JobSpec) =>
  running.grid.jobs.submit({ ownerId: 'me', dialect: 'grid', name, priority: 0, spec });

function rendition(source: JobSpec['source'], indexOf: string, filter: string): FilmSpec {
  const at = FORCED.indexOf('-c:v');
  const argv = [...FORCED.slice(0, at), '-vf', filter, ...FORCED.slice(at)];
  const sound = ['ffmpeg', '-i', 'CLIPGRID_AUDIO.mkv', '-c:a', 'aac', 'sound.mkv'];
  const audio = { text: sound.join(' '), programs: [sound], outputName: 'sound.mkv' };
  const files = { kind: 'hls', fileName: 'output%04d.ts' } as const;
  return { ...intervalJob({ everyS: 2, perClip: 2 }, argv), source, indexOf, audio, package: files };
}

test('renditions share decoding and sound, and nothing else: one that fails or is cancelled is alone in that', async () => {
  const { jobs, events } = running.grid;
  const source = await running.putSource(plainFilm(running.folder, SECONDS));
  const index = await submit('film', { shape: 'index', source });
  expect((await running.ended(index.jobId)).state).toBe('succeeded');
  const ran = logged();
  const filters = ['scale=-2:72', 'scale=-2:48', 'scale=47:31', 'scale=-2:36,realtime=limit=1000'];
  const ladder = await running.db.transaction().execute(async (tx) => {
    const made: string[] = [];
    for (const filter of filters) {
      const input = { ownerId: 'me', dialect: 'grid', name: filter, priority: 0 };
      made.push((await jobs.submit({ ...input, spec: rendition(source, index.jobId, filter) }, tx)).jobId);
    }
    return made;
  });
  const [high = '', low = '', odd = '', unwanted = ''] = ladder;
  const watched = { jobId: unwanted, afterSequence: 0 };
  for await (const event of events.watch(watched, AbortSignal.timeout(60_000)))
    if (event.type === 'task.granted' && event.data['kind'] === 'encode') break;
  await jobs.cancel(unwanted);
  for (const jobId of [high, low]) {
    const { state, failure } = await running.ended(jobId);
    expect({ state, failure }).toEqual({ state: 'succeeded', failure: undefined });
    const path = join(running.folder, `${jobId}.ts`);
    for (const file of await jobs.files(jobId))
      await pipeline(await running.objects.read(file), createWriteStream(path, { flags: 'a' }));
    expect(allPackets(path).filter(({ stream }) => stream === 0)).toHaveLength(SECONDS * 25);
  }
  expect(await running.ended(odd)).toMatchObject({ state: 'failed', failure: { code: 'encoder_failed' } });
  expect(await running.ended(unwanted)).toMatchObject({ state: 'cancelled' });

  // A Matroska file has a random number: what is the same was written once.
  const sounds = await Promise.all(
    [high, low].map(async (jobId) => {
      const sound = (await jobs.tasks(jobId)).find(({ kind }) => kind === 'audio');
      return sound?.output?.artifacts[0]?.sha256;
    }),
  );
  expect(sounds[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(sounds[1]).toBe(sounds[0]);
  const decoded = ran().filter((line) => line.includes('yuv4mpegpipe'));
  // Each clip once, and again for what failed and so is done by itself.
  const again = (await jobs.tasks(odd)).reduce((sum, task) => sum + Math.max(0, task.attempts - 1), 0);
  expect(decoded.length).toBeGreaterThanOrEqual(SECONDS / 4);
  expect(decoded.length).toBeLessThanOrEqual(SECONDS / 4 + again);
}, 120_000);
