import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FilmSpec, JobSpec } from '../../../coordinator/domain/job.ts';
import type { IndexResult, PackageResult } from '../../../shared/gen/clipgrid/v1/task.ts';
import { plainFilm } from '../../support/films.ts';
import { FORCED, intervalJob } from '../../support/interval-clips.ts';
import { lightTools, NO_VAPOURSYNTH } from '../../support/light-tools.ts';
import { allPackets, keyFrames } from '../../support/probe.ts';
import { Program } from '../../support/program.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

const SECONDS = 12;
/** 25 frames a second, files of 2 s. */
const BORDERS = [0, 50, 100, 150, 200, 250];

let running: RunningGrid;
const agents = new Map<string, Program>();
beforeAll(async () => {
  // A killed agent's task is somebody else's soon.
  running = await startRunningGrid({ agents: 0, settings: { graceMs: 150 } });
  const PATH = lightTools(running.folder);
  for (const name of ['one', 'other']) {
    const to = ['--coordinator', `127.0.0.1:${running.rpc.port}`, '--name', name, '--slots', '1'];
    const args = ['agent/main.ts', ...to, '--data', join(running.folder, name)];
    const env = { PATH, CLIPGRID_VAPOURSYNTH: NO_VAPOURSYNTH, TMPDIR: running.folder, HOME: running.folder };
    agents.set(name, new Program({ name, args, env, ready: 'connected' }));
  }
  await Promise.all([...agents.values()].map((agent) => agent.start()));
}, 120_000);
afterAll(async () => {
  await Promise.all([...agents.values()].map((agent) => agent.kill()));
  await running.close();
});

const submit = (name: string, spec: JobSpec, ownerId = 'me') =>
  running.grid.jobs.submit({ ownerId, dialect: 'grid', name, priority: 0, spec });

function rendition(source: JobSpec['source'], indexOf: string, height: number): FilmSpec {
  const at = FORCED.indexOf('-c:v');
  const argv = [...FORCED.slice(0, at), '-vf', `scale=-2:${height}`, ...FORCED.slice(at)];
  const files = { kind: 'hls', fileName: `output%04d_${height}p.ts` } as const;
  return { ...intervalJob({ everyS: 2, perClip: 2 }, argv), source, indexOf, package: files };
}

/** Kills the agent that is given the first clip of a job, at that moment. Resolves to the task. */
async function killFirst(jobId: string): Promise<string> {
  const watched = { jobId, afterSequence: 0 };
  for await (const event of running.grid.events.watch(watched, AbortSignal.timeout(60_000))) {
    if (event.type !== 'task.granted' || event.data['kind'] !== 'encode') continue;
    const { name } = await running.grid.agents.get(event.agentId!);
    await agents.get(name)!.kill();
    return event.taskId!;
  }
  throw new Error('no clip was granted');
}

async function succeeded(jobId: string): Promise<void> {
  const { state, failure } = await running.ended(jobId);
  expect({ state, failure }).toEqual({ state: 'succeeded', failure: undefined });
}

/** All files of a job, one behind the other: a transport stream that is cut is whole again. */
async function joined(jobId: string): Promise<string> {
  const path = join(running.folder, `${jobId}.ts`);
  for (const file of await running.grid.jobs.files(jobId))
    await pipeline(await running.objects.read(file), createWriteStream(path, { flags: 'a' }));
  return path;
}

test('one index, two renditions, and an agent that dies on the way', { timeout: 240_000 }, async () => {
  const { jobs } = running.grid;
  const source = await running.putSource(plainFilm(running.folder, SECONDS));
  const index = await submit('film', { shape: 'index', source });
  await succeeded(index.jobId);
  const found = await jobs.outcome(index.jobId, 'index');
  const looked = found!.kind!.value as IndexResult;
  expect(looked).toMatchObject({ frameCount: SECONDS * 25, hasSidecar: true });
  expect(JSON.parse(looked.probeJson)).toMatchObject({
    streams: [
      { codec_type: 'video', height: 90 },
      { codec_type: 'audio', codec_name: 'aac', profile: 'LC' },
    ],
  });

  const high = await submit('72p', rendition(source, index.jobId, 72));
  const low = await submit('48p', rendition(source, index.jobId, 48));
  expect(high).toMatchObject({ state: 'encoding', clipsTotal: 3, framesTotal: SECONDS * 25 });
  const lost = await killFirst(high.jobId);

  const results: PackageResult[] = [];
  const firsts: number[][] = [];
  for (const { jobId } of [high, low]) {
    await succeeded(jobId);
    const tasks = await jobs.tasks(jobId);
    expect(tasks.map((task) => task.kind)).toEqual(['encode', 'encode', 'encode', 'package']);
    results.push((await jobs.outcome(jobId, 'package'))!.kind!.value as PackageResult);
    const all = allPackets(await joined(jobId));
    expect(all.filter((packet) => packet.stream === 0)).toHaveLength(SECONDS * 25);
    expect(keyFrames(all)).toEqual(BORDERS);
    firsts.push(all.filter(({ stream, key }) => stream === 0 && key).map(({ time }) => time));
  }
  expect((await jobs.task(lost)).epoch).toBeGreaterThan(1);
  expect(firsts[0]).toEqual(firsts[1]);
  expect(results.map(({ format }) => format?.height)).toEqual([72, 48]);
  expect((await jobs.files(low.jobId)).map((file) => file.name)).toEqual(
    BORDERS.map((_, file) => `file/output000${file}_48p.ts`),
  );
  for (const { files, durationSeconds, targetSeconds, codecs, ...told } of results) {
    expect(files.map((file) => file.durationUs)).toEqual(BORDERS.map(() => 2_000_000));
    expect({ durationSeconds, targetSeconds }).toEqual({ durationSeconds: SECONDS, targetSeconds: 2 });
    expect(codecs).toMatch(/^avc1\.[0-9a-f]{6},mp4a\.40\.2$/);
    expect(told.peakBandwidth).toBeGreaterThanOrEqual(told.averageBandwidth);
  }

  const all = [index, high, low].map(({ jobId }) => jobId);
  const ended = (tasks: number, frames: number) => ({
    state: 'succeeded',
    framesTotal: frames,
    framesDone: frames,
    tasks: { leased: 0, readyAgain: 0, ended: tasks },
  });
  const progress = await jobs.progress(all);
  expect(all.map((jobId) => progress.get(jobId))).toEqual([
    ended(1, 0),
    ended(4, SECONDS * 25),
    ended(4, SECONDS * 25),
  ]);

  await expect(jobs.remove(index.jobId)).rejects.toMatchObject({ code: 'failed_precondition' });
  for (const { jobId } of [high, low]) await jobs.remove(jobId);
  expect([...(await jobs.progress(all)).keys()]).toEqual([index.jobId]);
  await jobs.remove(index.jobId);
});

test('an index that a job cannot stand on is refused, and the field is named', async () => {
  const source = await running.putSource(plainFilm(running.folder, 2));
  const index = await submit('film', { shape: 'index', source });
  const named = (of: Partial<FilmSpec>, ownerId?: string) =>
    submit('48p', { ...rendition(source, index.jobId, 48), ...of }, ownerId);
  const refused = (code: string, message: string) => ({
    code,
    message: expect.stringContaining(message),
    details: { field: 'indexOf' },
  });
  await running.ended(index.jobId);
  await expect(named({}, 'another')).rejects.toMatchObject(refused('not_found', 'there is no such job'));
  await expect(named({ indexOf: 'x' })).rejects.toMatchObject(refused('not_found', 'indexOf x'));
  const other = await running.putSource(plainFilm(running.folder, 2));
  await expect(named({ source: other })).rejects.toMatchObject(refused('invalid_argument', other.key));
});
